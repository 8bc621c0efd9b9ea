import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { call, givenProvider, loggedIn, type Provider, TestIssuer } from "../../../test/workerd/login.ts";
import { givenBinding, givenMember, givenUser } from "../../../test/workerd/principals.ts";

/** Nobody gets by a provider what he does not hold, and nobody takes it from others by one. */

const ACME = "/tenants/acme/identity-providers";
let issuer: TestIssuer;
let acme: { level: "tenant"; tenantId: string };
let owner: string;
let admin: string;
let clerk: string;

const tokenOf = async (role: string) =>
  (await givenMember(acme.tenantId, [{ role, scope: acme as Scope }])).token;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const { id } = (await call<{ id: string }>("PUT", "/tenants/acme", { body: {} })).body;
  acme = { level: "tenant", tenantId: id };
  const permissions = ["identity-provider:update", "identity-provider:delete", "identity-provider:create"];
  const role = await call<{ id: string }>("POST", "/tenants/acme/roles", {
    body: { name: "clerk", permissions },
  });
  [owner, admin, clerk] = [
    await tokenOf("tenant-owner"),
    await tokenOf("tenant-admin"),
    await tokenOf(role.body.id),
  ];
});

const patch = (provider: Provider, body: unknown, token: string) =>
  call("PATCH", `${ACME}/${provider.name}`, { body, token });
const remove = (provider: Provider, token: string) =>
  call("DELETE", `${ACME}/${provider.name}?confirm=${provider.name}`, { token });
const CHANGES: Record<string, unknown>[] = [
  { issuer: "https://login.example.com", clientSecret: null },
  { clientId: "another" },
  { clientSecret: "another" },
  { groupsClaim: "roles" },
  { scopes: ["openid"] },
  { users: "invited" },
  { domains: ["acme.example"] },
  { trustEmail: true },
  { enabled: false },
];

/** That neither may touch it but in its name, and its owner may. */
async function isTheOwners(provider: Provider, strangers: string[]): Promise<void> {
  for (const token of strangers) {
    for (const change of CHANGES) {
      expect((await patch(provider, change, token)).code, JSON.stringify(change)).toBe("KN-1130");
    }
    expect((await remove(provider, token)).code).toBe("KN-1130");
    expect((await patch(provider, { displayName: `By ${token.length}` }, token)).status).toBe(200);
  }
  expect((await patch(provider, { trustEmail: true }, owner)).status).toBe(200);
  expect((await remove(provider, owner)).status).toBe(204);
}

describe("a provider", () => {
  it("of nobody is its administrators' to change, switch off and delete", async () => {
    for (const token of [clerk, admin]) {
      const provider = await givenProvider(issuer, {}, "acme");
      for (const change of CHANGES) expect((await patch(provider, change, token)).status).toBe(200);
      expect((await remove(provider, token)).status).toBe(204);
    }
  });

  it("whose group owns the tenant is the owners'", async () => {
    const provider = await givenProvider(issuer, {}, "acme");
    await givenBinding(`group/${provider.id}/owners`, { role: "tenant-owner", scope: acme });
    await isTheOwners(provider, [clerk, admin]);
  });

  it("by which an owner logs in is the owners', by a team too", async () => {
    const [direct, byTeam] = [
      await givenProvider(issuer, {}, "acme"),
      await givenProvider(issuer, {}, "acme"),
    ];
    const [ada, grace] = [
      await loggedIn(direct, "ada@own.example"),
      await loggedIn(byTeam, "grace@own.example"),
    ];
    await givenBinding(`user/${ada.userId}`, { role: "tenant-owner", scope: acme });
    const team = await call<{ id: string }>("POST", "/tenants/acme/teams", { body: { name: "owning" } });
    await givenBinding(`team/${team.body.id}`, { role: "tenant-owner", scope: acme });
    const member = { kind: "user", id: grace.userId };
    expect((await call("POST", "/tenants/acme/teams/owning/members", { body: member })).status).toBe(201);
    await isTheOwners(direct, [admin]);
    await isTheOwners(byTeam, [admin]);
  });

  it("is asked about anew where its people are given more in between", async () => {
    const provider = await givenProvider(issuer, {}, "acme");
    await env.DB.prepare(
      `CREATE TRIGGER between_them AFTER UPDATE ON identity_providers BEGIN
        INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by)
        VALUES ('bnd_between', 'group/${provider.id}/owners', 'tenant-owner', 'tenant', '${acme.tenantId}', 1, 'test'); END`,
    ).run();
    const answer = await patch(provider, { trustEmail: true }, admin);
    await env.DB.prepare("DROP TRIGGER between_them").run();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect((await call("GET", `${ACME}/${provider.name}`)).body).toMatchObject({ trustEmail: false });
  });

  it("of the platform is whose, who holds what all have whom it may name: who never logged in, too", async () => {
    const { id: role } = (
      await call<{ id: string }>("POST", "/roles", {
        body: { name: "providers", permissions: ["platform-provider:get", "platform-provider:update"] },
      })
    ).body;
    const helper = await givenUser([{ role, scope: { level: "platform" } }]);
    const mine = { name: "mine", issuer: issuer.url, clientId: "kubenova" };
    const make = (token: string) => call("POST", "/identity-providers", { body: mine, token });
    const boss = await givenUser([{ role: "platform-admin", scope: { level: "platform" } }]);
    expect((await make(helper.token)).code).toBe("KN-1130");
    expect((await make(boss.token)).status).toBe(201);
    await env.DB.prepare(
      "INSERT INTO identities (provider_id, issuer, subject, user_id, created_at) SELECT 'idp_elsewhere', 'x', id, id, 1 FROM users",
    ).run();
    const path = "/identity-providers/mine";
    expect((await call("PATCH", path, { body: { trustEmail: true }, token: helper.token })).status).toBe(200);
    await env.DB.prepare(
      "UPDATE users SET relink_to = (SELECT id FROM identity_providers WHERE name = 'mine') WHERE id = ?",
    )
      .bind(boss.id)
      .run();
    expect((await call("DELETE", `${path}?confirm=mine`, { token: helper.token })).code).toBe("KN-1130");
  });
});
