import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import { givenMember, type TestUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let owner: TestUser;
let admin: TestUser;

beforeAll(async () => {
  for (const tenant of ["acme", "rival"]) await givenProject(tenant, "shop");
  acme = { level: "tenant", tenantId: String((await api("GET", "/tenants/acme")).body.id) };
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
});

const ROLES = "/tenants/acme/roles";
const make = (by: TestUser, name: string, permissions: string[]) =>
  api<{ id: string }>("POST", ROLES, { token: by.token, body: { name, permissions } });
const patch = (by: TestUser, name: string, body: object, headers = {}) =>
  api("PATCH", `${ROLES}/${name}`, { token: by.token, body, headers });
const give = (by: TestUser, to: TestUser, role: string, tenant = "acme") =>
  api<{ id: string }>("POST", `/tenants/${tenant}/bindings`, {
    token: by.token,
    body: { subject: { kind: "user", id: to.id }, role },
  });

describe("a custom role", () => {
  it("gives what it is made of, and its changes hold from the next request on", async () => {
    const made = await make(admin, "looker", ["app:list", "project:list"]);
    expect([made.status, made.etag]).toEqual([201, '"1"']);
    expect(made.body).toMatchObject({
      permissions: ["app:list"],
      levels: expect.arrayContaining(["environment"]),
    });
    const dev = await givenMember(acme.tenantId);
    expect((await give(admin, dev, "looker")).status).toBe(201);
    const events = () => api("GET", "/events?tenant=acme", { token: dev.token });
    expect((await events()).code).toBe("KN-1102");
    const changed = await patch(admin, "looker", { permissions: ["event:list"], displayName: "Looker" });
    expect(changed.body).toMatchObject({ version: 2, displayName: "Looker", permissions: ["event:list"] });
    expect((await events()).status).toBe(200);
    expect((await patch(admin, "looker", { displayName: null }, { "if-match": '"1"' })).code).toBe("KN-1301");
  });

  it("is made, changed and given only by who holds all of it", async () => {
    expect((await make(admin, "reaper", ["tenant:delete"])).code).toBe("KN-1130");
    expect((await make(owner, "reaper", ["tenant:delete"])).status).toBe(201);
    const dev = await givenMember(acme.tenantId);
    expect((await give(admin, dev, "reaper")).code).toBe("KN-1130");
    expect((await patch(admin, "reaper", { permissions: ["app:get"] })).code).toBe("KN-1130");
    await make(admin, "mine", ["app:get"]);
    await give(admin, admin, "mine");
    expect((await patch(admin, "mine", { permissions: ["tenant:delete"] })).code).toBe("KN-1130");
  });

  it("in use stays; afterwards it goes", async () => {
    await make(admin, "used", ["app:get"]);
    const { body } = await give(admin, admin, "used");
    const remove = () => api("DELETE", `${ROLES}/used`, { token: admin.token });
    const refused = await remove();
    expect([refused.code, refused.body]).toMatchObject(["KN-1132", { error: { details: { uses: 1 } } }]);
    await api("DELETE", `/tenants/acme/bindings/${body.id}`, { token: admin.token });
    expect((await remove()).status).toBe(204);
    expect((await remove()).code).toBe("KN-1200");
  });

  it("that is deleted while it is given is either there or not given", async () => {
    for (let round = 0; round < 5; round++) {
      await make(admin, "racing", ["app:get"]);
      const dev = await givenMember(acme.tenantId);
      const [given, gone] = await Promise.all([
        give(admin, dev, "racing"),
        api("DELETE", `${ROLES}/racing`, { token: admin.token }),
      ]);
      expect([201, 422]).toContain(given.status);
      expect(gone.status).toBe(given.status === 201 ? 409 : 204);
      if (given.status !== 201) continue;
      await api("DELETE", `/tenants/acme/bindings/${given.body.id}`, { token: admin.token });
      await api("DELETE", `${ROLES}/racing`, { token: admin.token });
    }
  });

  it.each([
    ["what is the platform's alone", { name: "a", permissions: ["event:replay"] }],
    ["nothing", { name: "a", permissions: [] }],
    ["an unknown permission", { name: "a", permissions: ["everything"] }],
    ["one twice", { name: "a", permissions: ["app:get", "app:get"] }],
    ["a fixed role's name", { name: "viewer", permissions: ["app:get"] }],
    ["more than there is", { name: "a", permissions: Array.from({ length: 500 }, () => "app:get") }],
  ])("of %s is refused, for the platform's administrator too", async (_what, body) => {
    expect((await api("POST", ROLES, { body })).code).toBe("KN-1002");
  });

  it("has one name once, and is not there in another tenant", async () => {
    await make(admin, "twice", ["app:get"]);
    expect((await make(admin, "twice", ["app:get"])).code).toBe("KN-1300");
    expect((await api("GET", "/tenants/rival/roles/twice")).code).toBe("KN-1200");
    const rivalId = String((await api("GET", "/tenants/rival")).body.id);
    const theirs = await givenMember(rivalId, [
      { role: "tenant-owner", scope: { level: "tenant", tenantId: rivalId } },
    ]);
    expect((await give(theirs, theirs, "twice", "rival")).code).toBe("KN-1002");
    expect((await api("GET", ROLES, { token: theirs.token })).code).toBe("KN-1200");
  });
});

describe("roles of every tenant", () => {
  it("are read by whoever is signed in, and made by the platform alone", async () => {
    const someone = await givenMember(acme.tenantId);
    const listed = await api<{ fixed: { name: string }[] }>("GET", "/roles", { token: someone.token });
    expect(listed.body.fixed.map(({ name }) => name)).toContain("developer");
    expect((await api("GET", "/roles/developer", { token: someone.token })).body).toMatchObject({
      levels: ["tenant", "project", "environment"],
    });
    const body = { name: "operator", permissions: ["release:deploy"] };
    expect((await api("POST", "/roles", { token: owner.token, body })).code).toBe("KN-1102");
    expect((await api("POST", "/roles", { body })).status).toBe(201);
    expect((await give(owner, someone, "operator")).status).toBe(201);
    expect((await api("DELETE", "/roles/operator")).code).toBe("KN-1132");
    expect((await api("GET", "/roles", { token: null })).status).toBe(401);
  });
});
