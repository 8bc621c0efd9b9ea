import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

/** The migration that gives each user his realm, on rows of the time before it. */

const NAME = "0015_realms.sql";

const run = (...statements: string[]) => env.DB.batch(statements.map((sql) => env.DB.prepare(sql)));
const allOf = async (sql: string) => (await env.DB.prepare(sql).raw()).map((row) => row.join(" "));

/** Each user is called by his ways in: `ap` has one by acme's provider and one by the platform's. */
const WAYS_IN: Record<string, string[]> = {
  a: ["acme"],
  aa: ["acme", "acme-2"],
  ar: ["acme", "rival"],
  ap: ["acme", "platform"],
  p: ["platform"],
  none: [],
  gone: ["deleted"],
};
const PROVIDERS = { acme: "'t-acme'", "acme-2": "'t-acme'", rival: "'t-rival'", platform: "NULL" };

beforeAll(async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>();
  await run(...results.map(({ name }) => `DROP TABLE "${name}"`));
  const at = env.TEST_MIGRATIONS.findIndex(({ name }) => name === NAME);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, at));
  const provider = (id: string, tenant: string) =>
    `INSERT INTO identity_providers (id, tenant_id, name, issuer, client_id, scopes, users, domains, trust_email, enabled,
      created_at, updated_at) VALUES ('${id}', ${tenant}, '${id}', 'i', 'c', '[]', 'everyone', '[]', 0, 1, 1, 1)`;
  const user = ([id, ways]: [string, string[]]) => [
    `INSERT INTO users (id, email, created_at, updated_at) VALUES ('${id}', '${id}@example.com', 1, 1)`,
    `INSERT INTO memberships VALUES ('t-acme', '${id}', 1, 'x'), ('t-rival', '${id}', 1, 'x')`,
    `INSERT INTO team_members VALUES ('crew-acme', 'user/${id}', 1), ('crew-rival', 'user/${id}', 1)`,
    ...["'t-acme'", "'t-rival'", "NULL"].map(
      (tenant) => `INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by)
        VALUES ('${id}-' || COALESCE(${tenant}, 'platform'), 'user/${id}', 'viewer', 'tenant', ${tenant}, 1, 'x')`,
    ),
    ...ways.map((way) => `INSERT INTO identities VALUES ('${way}', 'i', '${id}', '${id}', 1)`),
    ...["'t-acme'", "NULL"].map(
      (
        tenant,
      ) => `INSERT INTO sessions (id, user_id, provider_id, tenant_id, groups, created_at, expires_at, refresh_hash)
        VALUES ('${id}-' || COALESCE(${tenant}, 'platform'), '${id}', 'x', ${tenant}, '[]', 1, 2, 'x')`,
    ),
  ];
  await run(
    ...Object.entries(PROVIDERS).map(([id, tenant]) => provider(id, tenant)),
    ...["acme", "rival"].map(
      (name) => `INSERT INTO teams (id, tenant_id, name, created_at, updated_at)
        VALUES ('crew-${name}', 't-${name}', 'crew', 1, 1)`,
    ),
    ...Object.entries(WAYS_IN).flatMap(user),
    "INSERT INTO team_members VALUES ('crew-rival', 'service-account/a', 1)",
    "INSERT INTO bindings (id, subject, role, level, created_at, created_by) VALUES ('machine', 'service-account/a', 'viewer', 'platform', 1, 'x')",
  );
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, at + 1));
});

describe("users of before", () => {
  it("are a tenant's where its providers alone log them in, and else the platform's; none is lost", async () => {
    const found = await env.DB.prepare("SELECT id, tenant_id FROM users").raw();
    expect(Object.fromEntries(found)).toEqual({
      a: "t-acme",
      aa: "t-acme",
      ar: null,
      ap: null,
      p: null,
      none: null,
      gone: null,
    });
  });

  it("keep what they have where they may have it", async () => {
    const whole = Object.keys(WAYS_IN).filter((id) => !["a", "aa"].includes(id));
    const expected = (parts: string[]) =>
      [
        ...["a", "aa"].map((id) => `${id}-acme`),
        ...whole.flatMap((id) => parts.map((part) => `${id}-${part}`)),
      ].sort();
    expect(
      await allOf("SELECT user_id || '-' || substr(tenant_id, 3) AS x FROM memberships ORDER BY x"),
    ).toEqual(expected(["acme", "rival"]));
    expect(
      await allOf("SELECT replace(id, '-t-', '-') AS x FROM bindings WHERE id <> 'machine' ORDER BY x"),
    ).toEqual(expected(["acme", "rival", "platform"]));
    expect(
      await allOf(
        "SELECT substr(member, 6) || '-' || substr(team_id, 6) AS x FROM team_members WHERE member LIKE 'user/%' ORDER BY x",
      ),
    ).toEqual(expected(["acme", "rival"]));
  });

  it("of the platform keep no way in by a tenant's provider, nor a login by one", async () => {
    expect(await allOf("SELECT user_id || '-' || provider_id AS x FROM identities ORDER BY x")).toEqual([
      "a-acme",
      "aa-acme",
      "aa-acme-2",
      "ap-platform",
      "gone-deleted",
      "p-platform",
    ]);
    const open = await allOf(
      "SELECT id FROM sessions WHERE ended_at IS NULL AND tenant_id IS NOT NULL ORDER BY id",
    );
    expect(open).toEqual(["a-t-acme", "aa-t-acme"]);
    expect(await allOf("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND tenant_id IS NULL")).toEqual(
      ["7"],
    );
  });

  it("leave machines alone", async () => {
    expect(await allOf("SELECT id FROM bindings WHERE subject = 'service-account/a'")).toEqual(["machine"]);
    expect(await allOf("SELECT member FROM team_members WHERE member = 'service-account/a'")).toHaveLength(1);
  });
});
