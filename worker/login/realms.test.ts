import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { MAX_REALM_USERS } from "../../domain/identity/realm.ts";
import { Browser } from "../../test/workerd/browser.ts";
import { call, givenProvider, loggedIn, logIn, type Provider, TestIssuer } from "../../test/workerd/login.ts";

/** Providers of several tenants and of the platform that name the same people. */

const tenantIds: Record<string, string> = {};
let [platform, acme, rival] = [] as unknown as [Provider, Provider, Provider];

const ownProvider = async (tenant?: string, options = {}): Promise<Provider> =>
  givenProvider(await TestIssuer.start(), options, tenant);
const givenTenant = async (name: string): Promise<void> => {
  tenantIds[name] = (await call<{ id: string }>("PUT", `/tenants/${name}`, { body: {} })).body.id;
};

beforeAll(async () => {
  for (const name of ["acme", "rival"]) await givenTenant(name);
  platform = await ownProvider();
  [acme, rival] = [await ownProvider("acme"), await ownProvider("rival")];
});

interface ListedUser {
  id: string;
  tenant?: string;
}

const usersOf = async (email: string) =>
  (await call<{ items: ListedUser[] }>("GET", `/users?email=${encodeURIComponent(email)}`)).body.items;
const count = async (sql: string, ...values: unknown[]): Promise<number> =>
  Number(
    await env.DB.prepare(`SELECT COUNT(*) AS n FROM ${sql}`)
      .bind(...values)
      .first("n"),
  );
const rows = async () => [await count("users"), await count("identities"), await count("sessions")];

/** What the manager says to a person's browser. */
const answered = async (provider: Provider, person: string) => {
  const response = await logIn(new Browser(), provider, person);
  return { status: response.status, text: await response.text() };
};

/** Does something in the midst of whatever inserts into a table: what another one's batch would have done before it. */
const between = (table: string, sql: string) =>
  env.DB.prepare(`CREATE TRIGGER between_them BEFORE INSERT ON ${table} BEGIN ${sql}; END`).run();

describe("one address at the providers of two tenants and of the platform", () => {
  it("is three users, each of his own realm, whoever comes first", async () => {
    const email = "ada@shared.example";
    const [first, second, third] = [
      await loggedIn(acme, email),
      await loggedIn(rival, email),
      await loggedIn(platform, email),
    ];
    expect(await usersOf(email)).toMatchObject([
      { id: first.userId, tenant: "acme" },
      { id: second.userId, tenant: "rival" },
      { id: third.userId },
    ]);
    expect((await usersOf(email))[2]).not.toHaveProperty("tenant");
    expect((await call<{ items: ListedUser[] }>("GET", "/users?realm=rival")).body.items).toMatchObject([
      { id: second.userId },
    ]);
    const places = await Promise.all(
      [first, second, third].map(async ({ token }) => {
        const { body } = await call<{ tenantId?: string; tenants: { name: string }[] }>("GET", "/me", {
          token,
        });
        return [body.tenantId, ...body.tenants.map(({ name }) => name)];
      }),
    );
    expect(places).toEqual([[tenantIds.acme, "acme"], [tenantIds.rival, "rival"], [undefined]]);
    for (const [provider, { userId }] of [
      [acme, first],
      [rival, second],
      [platform, third],
    ] as const) {
      expect((await loggedIn(provider, email)).userId).toBe(userId);
    }
  });

  it("is seen by each tenant as its own user, and what happens to one touches no other", async () => {
    const email = "grace@shared.example";
    const [ours, theirs, whole] = [
      await loggedIn(acme, email),
      await loggedIn(rival, email),
      await loggedIn(platform, email),
    ];
    for (const [tenant, id] of [
      ["acme", ours.userId],
      ["rival", theirs.userId],
    ]) {
      const { body } = await call<{ items: { id: string; email: string }[] }>(
        "GET",
        `/tenants/${tenant}/members`,
      );
      expect(body.items.filter((each) => each.email === email).map((each) => each.id)).toEqual([id]);
    }
    await call("PATCH", `/tenants/acme/members/${ours.userId}`, { body: { state: "disabled" } });
    expect((await answered(acme, email)).text).toContain("this user is disabled");
    const states = await Promise.all(
      [ours, theirs, whole].map(async ({ token }) => (await call("GET", "/me", { token })).status),
    );
    expect(states).toEqual([expect.toSatisfy((status) => [401, 403].includes(status)), 200, 200]);
  });

  it("joins nobody whom the platform made before: he waits for the platform's provider", async () => {
    const email = "made@shared.example";
    const made = (await call<{ id: string }>("POST", "/users", { body: { email } })).body.id;
    const own = await loggedIn(acme, email);
    expect(own.userId).not.toBe(made);
    expect((await loggedIn(platform, email)).userId).toBe(made);
  });
});

describe("a user of a tenant's realm", () => {
  it("is nobody's to take by his address at the tenant's next provider, though the one before is gone", async () => {
    const [before, after] = [await ownProvider("acme"), await ownProvider("acme")];
    const { userId } = await loggedIn(before, "moved@acme.example");
    expect(await answered(after, "moved@acme.example")).toMatchObject({
      status: 403,
      text: expect.stringContaining("logs in another way"),
    });
    await call("DELETE", `/tenants/acme/identity-providers/${before.id}?confirm=${before.name}`);
    expect((await answered(after, "moved@acme.example")).status).toBe(403);
    await call("PATCH", `/tenants/acme/members/${userId}`, { body: { relinkTo: after.name } });
    expect((await loggedIn(after, "moved@acme.example")).userId).toBe(userId);
  });

  it("who is removed is gone himself, and comes in anew where the provider may bring him", async () => {
    const { userId, token } = await loggedIn(acme, "gone@acme.example");
    expect((await call("DELETE", `/tenants/acme/members/${userId}`)).status).toBe(204);
    expect((await call("GET", "/me", { token })).status).toBe(401);
    expect((await call("GET", `/users/${userId}`)).code).toBe("KN-1200");
    expect(await count("identities WHERE user_id = ?", userId)).toBe(0);
    expect((await loggedIn(acme, "gone@acme.example")).userId).not.toBe(userId);
  });

  it("who is removed between a login's read and its write is not logged in, and keeps no way in", async () => {
    const email = "racing@acme.example";
    const { userId } = await loggedIn(acme, email);
    await env.DB.prepare("DELETE FROM identities WHERE user_id = ?").bind(userId).run();
    const before = await rows();
    await between("identities", `DELETE FROM users WHERE id = '${userId}'`);
    expect((await answered(acme, email)).status).toBe(400);
    expect(await rows()).toEqual(before);
    await env.DB.prepare("DROP TRIGGER between_them").run();
    expect((await loggedIn(acme, email)).userId).toBe(userId);
  });
});

describe("an invitation", () => {
  const invite = async (path: string, email: string, grants: object[]) =>
    (await call<{ token: string }>("POST", path, { body: { email, grants } })).body.token;
  const accept = (by: { token: string }, token: string) =>
    call("POST", "/invitations:accept", { token: by.token, body: { token } });

  it("of a tenant is for its own user with that address, and for no other tenant's", async () => {
    const email = "guest@shared.example";
    const [ours, theirs] = [await loggedIn(acme, email), await loggedIn(rival, email)];
    await env.DB.prepare("DELETE FROM memberships WHERE user_id = ?").bind(ours.userId).run();
    const token = await invite("/tenants/acme/invitations", email, [{ role: "viewer" }]);
    await env.DB.prepare("UPDATE sessions SET tenant_id = NULL WHERE id = ?").bind(theirs.sessionId).run();
    expect((await accept(theirs, token)).code).toBe("KN-1134");
    expect((await accept(ours, token)).status).toBe(200);
    expect((await call("GET", "/tenants/acme", { token: ours.token })).status).toBe(200);
  });

  it("of a tenant is for the platform's user with that address too", async () => {
    const person = await loggedIn(platform, "wide@shared.example");
    const token = await invite("/tenants/acme/invitations", "wide@shared.example", [{ role: "viewer" }]);
    expect((await accept(person, token)).status).toBe(200);
  });

  it("of the platform is for its own users alone", async () => {
    const email = "climber@shared.example";
    const climber = await loggedIn(acme, email);
    const token = await invite("/invitations", email, [{ role: "platform-admin" }]);
    await env.DB.prepare("UPDATE sessions SET tenant_id = NULL WHERE id = ?").bind(climber.sessionId).run();
    expect((await accept(climber, token)).code).toBe("KN-1134");
    expect((await accept(await loggedIn(platform, email), token)).status).toBe(200);
  });
});

describe("a realm", () => {
  it("has so many users and no more: who is new is refused and nothing is written", async () => {
    await givenTenant("full");
    const own = await ownProvider("full");
    await loggedIn(own, "early@full.example");
    await env.DB.prepare(
      `INSERT INTO users (id, tenant_id, email, created_at, updated_at)
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
        SELECT 'usr_full_' || i, ?1, i || '@full.example', 1, 1 FROM n`,
    )
      .bind(tenantIds.full, MAX_REALM_USERS - 1)
      .run();
    const { userId: other } = await loggedIn(platform, "other@full.example");
    const open = await rows();
    await between("users", `UPDATE users SET tenant_id = '${tenantIds.full}' WHERE id = '${other}'`);
    expect((await answered(own, "last@full.example")).status).toBe(400);
    expect(await rows()).toEqual(open);
    await env.DB.prepare("DROP TRIGGER between_them").run();
    expect((await answered(own, "last@full.example")).status).toBe(303);
    const before = await rows();
    const refused = await answered(own, "late@full.example");
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining("KN-1119")]);
    expect(await rows()).toEqual(before);
    for (const [provider, person] of [
      [own, "early@full.example"],
      [platform, "late@full.example"],
      [rival, "late@full.example"],
    ] as const) {
      expect((await answered(provider, person)).status).toBe(303);
    }
  });
});
