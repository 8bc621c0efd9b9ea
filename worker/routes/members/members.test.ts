import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import { givenBinding, givenMember, givenUser, type TestUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let rival: Scope & { level: "tenant" };
let owner: TestUser;
let admin: TestUser;

const tenantScope = async (name: string): Promise<Scope & { level: "tenant" }> => {
  await givenProject(name, "shop");
  return { level: "tenant", tenantId: String((await api("GET", `/tenants/${name}`)).body.id) };
};
const remove = (by: TestUser, { id }: TestUser) =>
  api("DELETE", `/tenants/acme/members/${id}`, { token: by.token });
const rowsOf = async (sql: string, ...values: unknown[]) =>
  (
    await env.DB.prepare(sql)
      .bind(...values)
      .all()
  ).results.length;

beforeAll(async () => {
  [acme, rival] = [await tenantScope("acme"), await tenantScope("rival")];
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
});

describe("a member", () => {
  it("is listed with what people need to know of him", async () => {
    const { body } = await api<{ items: object[] }>("GET", "/tenants/acme/members", { token: admin.token });
    expect(body.items).toEqual(
      [owner, admin].map(({ id }) =>
        expect.objectContaining({ id, email: `${id.toLowerCase()}@example.com`, state: "active" }),
      ),
    );
    expect((await api("GET", `/tenants/acme/members/${owner.id}`, { token: admin.token })).status).toBe(200);
    const paged = await api<{ nextCursor: string }>("GET", "/tenants/acme/members?limit=1");
    const next = await api<{ items: { id: string }[] }>(
      "GET",
      `/tenants/acme/members?limit=1&cursor=${paged.body.nextCursor}`,
    );
    expect(next.body.items.map(({ id }) => id)).toEqual([admin.id]);
    expect((await api("GET", "/tenants/acme/members?cursor=nonsense")).code).toBe("KN-1006");
  });

  it("who is removed takes all along that he had there, and nothing that he has elsewhere", async () => {
    const dev = await givenMember(acme.tenantId, [
      { role: "developer", scope: acme },
      { role: "viewer", scope: rival },
    ]);
    await env.DB.prepare("INSERT INTO memberships VALUES (?, ?, 0, 'test')")
      .bind(rival.tenantId, dev.id)
      .run();
    await env.DB.prepare(
      "INSERT INTO teams (id, tenant_id, name, created_at, updated_at) VALUES ('tem_1', ?, 'team', 0, 0)",
    )
      .bind(acme.tenantId)
      .run();
    await env.DB.prepare("INSERT INTO team_members VALUES ('tem_1', ?, 0)").bind(`user/${dev.id}`).run();
    expect((await remove(admin, dev)).status).toBe(204);
    expect((await api("GET", "/tenants/acme", { token: dev.token })).status).toBe(404);
    expect((await api("GET", "/tenants/rival", { token: dev.token })).status).toBe(200);
    expect(await rowsOf("SELECT 1 FROM team_members WHERE member = ?", `user/${dev.id}`)).toBe(0);
    expect((await remove(admin, dev)).code).toBe("KN-1200");
  });

  it("of another tenant cannot be removed or seen", async () => {
    const theirs = await givenMember(rival.tenantId);
    for (const method of ["GET", "DELETE"]) {
      const path = `/tenants/acme/members/${theirs.id}`;
      expect((await api(method, path, { token: owner.token })).code).toBe("KN-1200");
    }
    expect((await api("GET", "/tenants/rival/members", { token: owner.token })).code).toBe("KN-1200");
  });

  it("is removed only by who holds what he had, by himself or by a team, and the last owner not at all", async () => {
    expect((await remove(admin, owner)).code).toBe("KN-1130");
    expect((await remove(owner, owner)).code).toBe("KN-1131");
    const inTeam = await givenMember(acme.tenantId);
    await env.DB.prepare(
      "INSERT INTO teams (id, tenant_id, name, created_at, updated_at) VALUES ('tem_2', ?, 'owners', 0, 0)",
    )
      .bind(acme.tenantId)
      .run();
    await env.DB.prepare("INSERT INTO team_members VALUES ('tem_2', ?, 0)").bind(`user/${inTeam.id}`).run();
    await givenBinding("team/tem_2", { role: "tenant-owner", scope: acme });
    expect((await remove(admin, inTeam)).code).toBe("KN-1130");
    expect((await remove(owner, inTeam)).status).toBe(204);
  });

  it("who is removed while something is given to him has nothing afterwards", async () => {
    for (let round = 0; round < 5; round++) {
      const dev = await givenMember(acme.tenantId);
      const body = { subject: { kind: "user", id: dev.id }, role: "developer" };
      const [gone, given] = await Promise.all([
        remove(admin, dev),
        api("POST", "/tenants/acme/bindings", { token: owner.token, body }),
      ]);
      expect(gone.status).toBe(204);
      expect([201, 422]).toContain(given.status);
      expect(await rowsOf("SELECT 1 FROM bindings WHERE subject = ?", `user/${dev.id}`)).toBe(0);
    }
  });
});

describe("a user", () => {
  it("is made once an address, however it is spelled, by the platform alone", async () => {
    const make = (email: string) => api<{ id: string }>("POST", "/users", { body: { email } });
    const made = await make("Ada.Lovelace@Example.com");
    expect([made.status, made.body]).toMatchObject([
      201,
      { email: "ada.lovelace@example.com", state: "active" },
    ]);
    const all = await Promise.all(Array.from({ length: 4 }, () => make("grace@example.com")));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await make("ADA.lovelace@example.COM")).code).toBe("KN-1300");
    const found = await api<{ items: object[] }>("GET", "/users?email=ADA.Lovelace@example.com");
    expect(found.body.items).toHaveLength(1);
    expect((await api("GET", "/users", { token: owner.token })).code).toBe("KN-1102");
    for (const email of [
      "",
      "nobody",
      "a@b",
      `${"x".repeat(65)}@example.com`,
      "a b@example.com",
      "a@example.com\n",
    ]) {
      expect((await make(email)).code, email).toBe("KN-1002");
    }
  });

  it("who is disabled is refused from the next request on, and logged out when he comes back", async () => {
    const { id, token } = await givenUser([{ role: "viewer", scope: acme }]);
    const get = () => api("GET", "/tenants/acme", { token });
    const set = (state: string) => api("PATCH", `/users/${id}`, { body: { state } });
    expect((await get()).status).toBe(200);
    expect((await set("disabled")).body).toMatchObject({ state: "disabled", version: 2 });
    expect([401, 403]).toContain((await get()).status);
    expect((await set("active")).status).toBe(200);
    expect((await get()).status).toBe(401);
  });
});
