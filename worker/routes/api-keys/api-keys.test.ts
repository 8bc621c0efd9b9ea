import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import { givenBinding, givenMember, givenUser, type TestUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let owner: TestUser;
let admin: TestUser;

const ACCOUNTS = "/tenants/acme/service-accounts";
interface Made {
  id: string;
  key: string;
  expiresAt: string;
  permissions?: string[];
}

beforeAll(async () => {
  for (const tenant of ["acme", "rival"]) await givenProject(tenant, "shop");
  acme = { level: "tenant", tenantId: String((await api("GET", "/tenants/acme")).body.id) };
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
});

/** A machine of acme with a role. @returns the path of its keys */
async function givenMachine(name: string, role?: string): Promise<string> {
  const made = await api<{ id: string }>("POST", ACCOUNTS, { token: admin.token, body: { name } });
  if (role) await givenBinding(`service-account/${made.body.id}`, { role, scope: acme });
  return `${ACCOUNTS}/${name}/keys`;
}
const make = (path: string, by: { token: string }, body: object = {}) =>
  api<Made>("POST", path, { token: by.token, body: { name: "one", ...body } });
const seesAcme = async (key: string) => (await api("GET", "/tenants/acme", { token: key })).status;
const days = (n: number) => n * 24 * 60 * 60 * 1000;

describe("a key of a service account", () => {
  it("is held to its own figure of requests, never lifted above its tenant's", async () => {
    const path = await givenMachine("slow", "developer");
    const policy = async (requestsPerMinute: number) => {
      const made = await make(path, admin, { requestsPerMinute });
      expect(made.body).toMatchObject({ requestsPerMinute });
      await api("GET", "/tenants/acme", { token: made.body.key });
      const answer = await api("GET", "/tenants/acme", { token: made.body.key });
      return /"principal";q=(\d+)/.exec(answer.headers.get("ratelimit-policy") ?? "")?.[1];
    };
    expect(await policy(17)).toBe("17");
    expect(await policy(5_000)).toBe("1000");
    expect((await make(path, admin, { requestsPerMinute: 1 })).code).toBe("KN-1002");
  });

  it("is good for what its owner has, is shown once, and is revoked from the next request on", async () => {
    const path = await givenMachine("deployer", "developer");
    const headers = { "idempotency-key": "key-once" };
    const init = { token: admin.token, body: { name: "ci" }, headers };
    const made = await api<Made>("POST", path, init);
    expect(made.status).toBe(201);
    expect((await api("POST", path, init)).code).toBe("KN-1304");
    expect(Date.parse(made.body.expiresAt) - Date.now()).toBeGreaterThan(days(89));
    expect(await seesAcme(made.body.key)).toBe(200);
    const listed = await api("GET", path, { token: admin.token });
    const secret = String(made.body.key.split("_")[2]);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    for (const table of ["api_keys", "events", "idempotency"]) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(results), table).not.toContain(secret);
    }
    const gone = await api("DELETE", `${path}/${made.body.id}`, { token: admin.token });
    expect(gone.body).toMatchObject({ state: "revoked" });
    expect(await seesAcme(made.body.key)).toBe(401);
    expect((await api("POST", `${path}/${made.body.id}:rotate`, { token: admin.token, body: {} })).code).toBe(
      "KN-1305",
    );
  });

  it("is handed out, anew too, only by who holds what its owner has, as far as it is good for it", async () => {
    const path = await givenMachine("sovereign", "tenant-owner");
    expect((await make(path, admin)).code).toBe("KN-1130");
    const made = await make(path, owner);
    expect(made.status).toBe(201);
    const rotate = (by: TestUser) =>
      api("POST", `${path}/${made.body.id}:rotate`, { token: by.token, body: {} });
    expect((await rotate(admin)).code).toBe("KN-1130");
    expect((await rotate(owner)).status).toBe(200);
    expect((await make(path, admin, { permissions: ["app:get"] })).status).toBe(201);
    const remove = (by: TestUser) => api("DELETE", `${ACCOUNTS}/sovereign`, { token: by.token });
    expect((await remove(admin)).code).toBe("KN-1130");
    expect((await remove(owner)).status).toBe(204);
    expect(await seesAcme(made.body.key)).toBe(401);
  });

  it("of a machine that may more is revoked, in an emergency, by whoever may revoke keys there", async () => {
    const path = await givenMachine("leaked", "tenant-owner");
    const made = await make(path, owner);
    expect((await api("DELETE", `${path}/${made.body.id}`, { token: admin.token })).status).toBe(200);
    expect(await seesAcme(made.body.key)).toBe(401);
  });

  it("that is made by a key can do no more, and ends no later", async () => {
    const path = await givenMachine("maker", "tenant-admin");
    const first = await make(path, owner, {
      expiresInDays: 2,
      permissions: ["api-key:create", "service-account:get", "app:get"],
    });
    const by = { token: first.body.key };
    expect((await make(path, by)).code).toBe("KN-1130");
    expect((await make(path, by, { permissions: ["app:delete"] })).code).toBe("KN-1130");
    const second = await make(path, by, { permissions: ["app:get"], expiresInDays: 300 });
    expect([second.status, second.body.expiresAt]).toEqual([201, first.body.expiresAt]);
  });

  it("is rotated with an overlap: both secrets are good, then one; of two who rotate at once one wins", async () => {
    const path = await givenMachine("rotating", "developer");
    const { body: made } = await make(path, admin);
    const rotate = (body: object = {}) =>
      api<Made>("POST", `${path}/${made.id}:rotate`, { token: admin.token, body });
    const all = await Promise.all([rotate(), rotate(), rotate()]);
    expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const fresh = String(all.find(({ status }) => status === 200)?.body.key);
    expect([await seesAcme(made.key), await seesAcme(fresh)]).toEqual([200, 200]);
    const now = await rotate({ overlapHours: 0 });
    expect([await seesAcme(made.key), await seesAcme(fresh), await seesAcme(now.body.key)]).toEqual([
      401, 401, 200,
    ]);
    expect((await rotate({ overlapHours: 169 })).code).toBe("KN-1002");
  });

  it("is refused while its owner is disabled", async () => {
    const path = await givenMachine("sleeper", "developer");
    const { body } = await make(path, admin);
    const set = (state: string) =>
      api("PATCH", `${ACCOUNTS}/sleeper`, { token: admin.token, body: { state } });
    expect((await set("disabled")).status).toBe(200);
    expect(await seesAcme(body.key)).toBe(403);
    expect((await set("active")).status).toBe(200);
    expect(await seesAcme(body.key)).toBe(200);
  });

  it("is one of at most twenty", async () => {
    const path = await givenMachine("hoarder");
    for (let i = 0; i < 20; i++) expect((await make(path, admin)).status).toBe(201);
    expect((await make(path, admin)).code).toBe("KN-1133");
  });

  it.each([
    [{ expiresInDays: 366 }],
    [{ expiresInDays: 0 }],
    [{ permissions: ["everything"] }],
    [{ permissions: [] }],
    [{ tenant: "rival" }],
    [{ name: "No Name" }],
  ])("with %j is refused", async (body) => {
    await givenMachine("strict");
    expect((await make(`${ACCOUNTS}/strict/keys`, admin, body)).code).toBe("KN-1002");
  });

  it("and its owner are not there in another tenant, nor at the platform", async () => {
    const path = await givenMachine("apart", "developer");
    const { body } = await make(path, admin);
    for (const other of ["/tenants/rival/service-accounts", "/service-accounts"]) {
      expect((await api("GET", `${other}/apart`)).code).toBe("KN-1200");
      expect((await api("DELETE", `${other}/apart/keys/${body.id}`)).code).toBe("KN-1200");
    }
    const mine = await api("GET", `/me/keys/${body.id}`, { token: owner.token });
    expect(mine.code).toBe("KN-1200");
  });
});

describe("a key of one's own", () => {
  it("is made by who is logged in, for a tenant or all; a key makes none", async () => {
    const made = await make("/me/keys", admin, { tenant: "acme", permissions: ["app:list"] });
    expect(made.body).toMatchObject({ tenant: "acme", permissions: ["app:list"], createdBy: admin.id });
    expect(await seesAcme(made.body.key)).toBe(200);
    const wide = await make("/me/keys", admin);
    expect((await make("/me/keys", { token: wide.body.key })).code).toBe("KN-1135");
    expect((await make("/me/keys", admin, { tenant: "rival" })).code).toBe("KN-1002");
    expect((await api("POST", "/me/keys", { body: { name: "root" } })).code).toBe("KN-1135");
    await api("DELETE", `/me/keys/${made.body.id}`, { token: admin.token });
    expect(await seesAcme(made.body.key)).toBe(401);
  });

  it("that is held to permissions manages none of its owner's, nor a machine's, itself included", async () => {
    const path = await givenMachine("narrow", "tenant-admin");
    const users = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
    for (const [mine, by] of [
      ["/me/keys", users],
      [path, admin],
    ] as const) {
      const [wide, held] = [await make(mine, by), await make(mine, by, { permissions: ["app:get"] })];
      const ask = (method: string, what: string, body?: object) =>
        api(method, `/me/keys${what}`, { token: held.body.key, ...(body ? { body } : {}) });
      for (const { id } of [wide.body, held.body]) {
        expect((await ask("GET", `/${id}`)).code).toBe("KN-1102");
        expect((await ask("DELETE", `/${id}`)).code).toBe("KN-1102");
        expect((await ask("POST", `/${id}:rotate`, {})).code).toBe("KN-1102");
      }
      expect((await ask("GET", "")).code).toBe("KN-1102");
      expect((await ask("POST", "", { name: "two" })).code).toBe("KN-1102");
      expect([await seesAcme(wide.body.key), await seesAcme(held.body.key)]).toEqual([200, 200]);
      expect((await api("GET", "/me", { token: held.body.key })).status).toBe(200);
      expect((await api("GET", "/me/keys", { token: wide.body.key })).status).toBe(200);
    }
  });

  it("that is good for one tenant sees those for that tenant alone", async () => {
    const user = await givenMember(acme.tenantId, [{ role: "viewer", scope: acme }]);
    const [wide, own] = [await make("/me/keys", user), await make("/me/keys", user, { tenant: "acme" })];
    const listed = async (token: string, query = "") => {
      const { body } = await api<{ items: { id: string }[] }>("GET", `/me/keys${query}`, { token });
      return body.items.map(({ id }) => id);
    };
    expect(await listed(own.body.key)).toEqual([own.body.id]);
    // A page is full of what may be seen: others take no place in it.
    expect(await listed(own.body.key, "?limit=1")).toEqual([own.body.id]);
    expect(await listed(user.token)).toEqual([wide.body.id, own.body.id]);
    expect((await api("DELETE", `/me/keys/${wide.body.id}`, { token: own.body.key })).status).toBe(404);
    expect((await api("DELETE", `/me/keys/${own.body.id}`, { token: own.body.key })).status).toBe(200);
  });

  it("of a login that is good for one tenant is good for that one alone, and goes with his membership", async () => {
    const guest = await givenMember(acme.tenantId, [{ role: "developer", scope: acme }]);
    await env.DB.prepare("UPDATE sessions SET tenant_id = ? WHERE id = ?")
      .bind(acme.tenantId, guest.sessionId)
      .run();
    expect((await make("/me/keys", guest)).code).toBe("KN-1002");
    const made = await make("/me/keys", guest, { tenant: "acme" });
    expect(await seesAcme(made.body.key)).toBe(200);
    await api("DELETE", `/tenants/acme/members/${guest.id}`, { token: admin.token });
    expect(await seesAcme(made.body.key)).toBe(401);
  });
});

describe("a team", () => {
  const TEAMS = "/tenants/acme/teams";
  const add = (by: TestUser, team: string, body: object) =>
    api("POST", `${TEAMS}/${team}/members`, { token: by.token, body });

  it("gives what it has to whoever is in it, people and machines, until he is out or it is deleted", async () => {
    expect((await api("POST", TEAMS, { token: admin.token, body: { name: "payments" } })).status).toBe(201);
    const dev = await givenMember(acme.tenantId);
    const see = () => api("GET", "/tenants/acme", { token: dev.token });
    const body = { subject: { kind: "team", name: "payments" }, role: "developer" };
    expect((await api("POST", "/tenants/acme/bindings", { token: admin.token, body })).status).toBe(201);
    expect((await see()).status).toBe(404);
    const one = { kind: "user", id: dev.id };
    expect((await add(admin, "payments", one)).status).toBe(201);
    expect((await add(admin, "payments", one)).code).toBe("KN-1300");
    expect((await see()).status).toBe(200);
    expect((await api("DELETE", `${TEAMS}/payments/members/${dev.id}`, { token: admin.token })).status).toBe(
      204,
    );
    expect((await see()).status).toBe(404);
    const path = await givenMachine("in-team");
    expect((await add(admin, "payments", { kind: "service-account", name: "in-team" })).status).toBe(201);
    const { body: key } = await make(path, admin);
    expect(await seesAcme(key.key)).toBe(200);
    expect((await api("DELETE", `${TEAMS}/payments`, { token: admin.token })).status).toBe(204);
    expect(await seesAcme(key.key)).toBe(404);
  });

  it("lets nobody in by who lacks what it has, nor anybody of another tenant", async () => {
    await api("POST", TEAMS, { token: owner.token, body: { name: "heads" } });
    const body = { subject: { kind: "team", name: "heads" }, role: "tenant-owner" };
    await api("POST", "/tenants/acme/bindings", { token: owner.token, body });
    expect((await add(admin, "heads", { kind: "user", id: admin.id })).code).toBe("KN-1130");
    expect((await api("DELETE", `${TEAMS}/heads`, { token: admin.token })).code).toBe("KN-1130");
    const stranger = await givenUser();
    expect((await add(owner, "heads", { kind: "user", id: stranger.id })).code).toBe("KN-1002");
    expect((await api("GET", "/tenants/rival/teams/heads")).code).toBe("KN-1200");
  });

  it("of which he is removed while he is added has him not afterwards", async () => {
    await api("POST", TEAMS, { token: admin.token, body: { name: "racing" } });
    for (let round = 0; round < 5; round++) {
      const dev = await givenMember(acme.tenantId);
      const [gone, added] = await Promise.all([
        api("DELETE", `/tenants/acme/members/${dev.id}`, { token: admin.token }),
        add(admin, "racing", { kind: "user", id: dev.id }),
      ]);
      expect(gone.status).toBe(204);
      expect([201, 422]).toContain(added.status);
      const left = await env.DB.prepare("SELECT 1 FROM team_members WHERE member = ?")
        .bind(`user/${dev.id}`)
        .all();
      expect(left.results).toEqual([]);
    }
  });

  it("for more than one tenant is not there for a login that is good for one", async () => {
    const user = await givenMember(acme.tenantId, [{ role: "viewer", scope: acme }]);
    const [wide, own] = [await make("/me/keys", user), await make("/me/keys", user, { tenant: "acme" })];
    await env.DB.prepare("UPDATE sessions SET tenant_id = ? WHERE id = ?")
      .bind(acme.tenantId, user.sessionId)
      .run();
    const rotate = async ({ body }: typeof wide) =>
      (await api("POST", `/me/keys/${body.id}:rotate`, { token: user.token, body: {} })).status;
    expect([await rotate(wide), await rotate(own)]).toEqual([404, 200]);
    expect((await api("DELETE", `/me/keys/${wide.body.id}`, { token: user.token })).status).toBe(404);
  });
});
