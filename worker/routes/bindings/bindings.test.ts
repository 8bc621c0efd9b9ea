import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { type ApiAnswer, api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject } from "../../../test/workerd/catalogue.ts";
import { givenMember, givenUser, type TestUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let shop: Scope & { level: "project" };
let owner: TestUser;
let admin: TestUser;

const idOf = async (path: string) => String((await api("GET", path)).body.id);
const user = ({ id }: TestUser) => ({ kind: "user", id });

beforeAll(async () => {
  for (const tenant of ["acme", "rival"]) {
    const project = await givenProject(tenant, "shop");
    await api("PUT", `${project}/environments/staging`, { body: {} });
  }
  acme = { level: "tenant", tenantId: await idOf("/tenants/acme") };
  shop = { level: "project", tenantId: acme.tenantId, projectId: await idOf("/tenants/acme/projects/shop") };
  await givenCluster("acme-own", { ownerTenantId: acme.tenantId });
  await givenCluster("foreign");
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
});

const bind = (by: TestUser, body: object, path = "/tenants/acme/bindings") =>
  api<{ id: string; scope: object; subject: object }>("POST", path, { token: by.token, body });
const take = (by: TestUser, { body }: ApiAnswer<{ id: string }>) =>
  api("DELETE", `/tenants/acme/bindings/${body.id}`, { token: by.token });
const issue = ({ body }: ApiAnswer) =>
  (body as unknown as { error: { details: { issues: { message: string }[] } } }).error.details.issues[0]
    ?.message;

describe("a binding", () => {
  it("gives what its role says where it says, from the next request on, until it is taken away", async () => {
    const dev = await givenMember(acme.tenantId);
    const get = (path: string) => api("GET", path, { token: dev.token });
    expect((await get("/tenants/acme/projects/shop")).status).toBe(404);
    const made = await bind(admin, { subject: user(dev), role: "developer", scope: { project: "shop" } });
    expect([made.status, made.headers.get("location")]).toEqual([
      201,
      `/api/v1/tenants/acme/bindings/${made.body.id}`,
    ]);
    expect(made.body).toMatchObject({
      subject: { kind: "user", id: dev.id },
      role: "developer",
      scope: { level: "project", tenant: "acme", project: "shop" },
      createdBy: admin.id,
    });
    expect((await get("/tenants/acme/projects/shop")).status).toBe(200);
    const listed = await api<{ items: object[] }>("GET", `/tenants/acme/bindings?subject=user/${dev.id}`, {
      token: owner.token,
    });
    expect(listed.body.items).toEqual([expect.objectContaining({ id: made.body.id, role: "developer" })]);
    expect((await take(admin, made)).status).toBe(204);
    expect((await get("/tenants/acme/projects/shop")).status).toBe(404);
    expect((await take(admin, made)).code).toBe("KN-1200");
  });

  it("is found by e-mail address, team and service account, at environments and own clusters too", async () => {
    const dev = await givenMember(acme.tenantId);
    const email = `${dev.id.toUpperCase()}@Example.COM`;
    const scope = { project: "shop", environment: "staging" };
    const made = await bind(admin, { subject: { kind: "user", email }, role: "developer", scope });
    expect(made.body.scope).toMatchObject({ level: "environment", environment: "staging" });
    expect(made.body.subject).toEqual({ kind: "user", id: dev.id, email: email.toLowerCase() });
    const onCluster = await bind(admin, {
      subject: user(dev),
      role: "viewer",
      scope: { cluster: "acme-own" },
    });
    expect(onCluster.body.scope).toMatchObject({ level: "cluster", cluster: "acme-own" });
    expect((await api("GET", "/clusters/acme-own", { token: dev.token })).status).toBe(200);
    expect(
      (await bind(admin, { subject: user(dev), role: "viewer", scope: { cluster: "foreign" } })).code,
    ).toBe("KN-1200");
  });

  it("that ends gives nothing after its time, and never began in the past", async () => {
    const dev = await givenMember(acme.tenantId);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await bind(admin, { subject: user(dev), role: "viewer", expiresAt });
    expect(made.body).toMatchObject({ expiresAt });
    await env.DB.prepare("UPDATE bindings SET expires_at = 1 WHERE id = ?").bind(made.body.id).run();
    expect((await api("GET", "/tenants/acme", { token: dev.token })).status).toBe(404);
    const past = { subject: user(dev), role: "viewer", expiresAt: "2020-01-01T00:00:00.000Z" };
    expect((await bind(admin, past)).code).toBe("KN-1002");
  });

  it("is given once, however many give it at once", async () => {
    const dev = await givenMember(acme.tenantId);
    const body = { subject: user(dev), role: "viewer" };
    const all = await Promise.all(Array.from({ length: 5 }, () => bind(admin, body)));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(all.filter(({ code }) => code === "KN-1300")).toHaveLength(4);
  });

  it("on a cluster ends when its owner gives the cluster away", async () => {
    const dev = await givenMember(acme.tenantId);
    await api("POST", "/clusters", { body: { name: "handed", ownerTenant: "acme" } });
    await bind(admin, { subject: user(dev), role: "viewer", scope: { cluster: "handed" } });
    const get = () => api("GET", "/clusters/handed", { token: dev.token });
    expect((await get()).status).toBe(200);
    expect((await api("PATCH", "/clusters/handed", { body: { ownerTenant: "rival" } })).status).toBe(200);
    expect((await get()).status).toBe(404);
  });

  it("told by an event without a secret, in the tenant's feed", async () => {
    const dev = await givenMember(acme.tenantId);
    const { body } = await bind(admin, { subject: user(dev), role: "viewer" });
    const { items } = (
      await api<{ items: { subject: string; actor: string; data: object }[] }>(
        "GET",
        "/events?tenant=acme&type=evt.access.changed&limit=200",
        { token: owner.token },
      )
    ).body;
    expect(items.find(({ subject }) => subject === `binding/${body.id}`)).toMatchObject({
      actor: admin.id,
      data: { kind: "binding-created", before: null, after: { subject: `user/${dev.id}`, role: "viewer" } },
    });
  });
});

describe("nobody", () => {
  it("gives more than he holds there, or for longer", async () => {
    const dev = await givenMember(acme.tenantId);
    const lead = await givenMember(acme.tenantId, [{ role: "project-admin", scope: shop }]);
    const refused = await bind(admin, { subject: user(admin), role: "tenant-owner" });
    expect([refused.status, refused.code]).toEqual([403, "KN-1130"]);
    expect(refused.body).toMatchObject({ error: { details: { missing: ["tenant:delete"] } } });
    const inShop = (role: string) => bind(lead, { subject: user(dev), role, scope: { project: "shop" } });
    expect((await inShop("viewer")).status).toBe(201);
    expect((await inShop("project-admin")).status).toBe(201);
    expect((await bind(lead, { subject: user(dev), role: "viewer" })).code).toBe("KN-1102");
    const until = Date.now() + 60_000;
    const guest = await givenMember(acme.tenantId);
    await env.DB.prepare(
      `INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by, expires_at)
        VALUES ('bnd_guest', ?, 'tenant-admin', 'tenant', ?, 0, 'test', ?)`,
    )
      .bind(`user/${guest.id}`, acme.tenantId, until)
      .run();
    const give = (more: object) => bind(guest, { subject: user(guest), role: "viewer", ...more });
    expect((await give({})).code).toBe("KN-1130");
    expect((await give({ expiresAt: new Date(until + 1000).toISOString() })).code).toBe("KN-1130");
    expect((await give({ expiresAt: new Date(until - 1000).toISOString() })).status).toBe(201);
  });

  it("takes from another what he could not give, and the last owner stays", async () => {
    const second = await givenMember(acme.tenantId);
    const made = await bind(owner, { subject: user(second), role: "tenant-owner" });
    expect(made.status).toBe(201);
    expect((await take(admin, made)).code).toBe("KN-1130");
    expect((await take(second, made)).status).toBe(204);
    const { items } = (
      await api<{ items: { id: string }[] }>("GET", "/tenants/acme/bindings?role=tenant-owner", {
        token: owner.token,
      })
    ).body;
    expect(items).toHaveLength(1);
    const last = await api("DELETE", `/tenants/acme/bindings/${items[0]?.id}`, { token: owner.token });
    expect([last.status, last.code]).toEqual([409, "KN-1131"]);
  });

  it("of two owners who take each other away at once is left alone", async () => {
    const other = await givenMember(acme.tenantId);
    await bind(owner, { subject: user(other), role: "tenant-owner" });
    const { items } = (
      await api<{ items: { id: string }[] }>("GET", "/tenants/acme/bindings?role=tenant-owner", {
        token: owner.token,
      })
    ).body;
    const ends = await Promise.all(
      items.map(({ id }, i) =>
        api("DELETE", `/tenants/acme/bindings/${id}`, { token: [other, owner][i]?.token ?? null }),
      ),
    );
    expect(ends.filter(({ status }) => status === 204)).toHaveLength(1);
    const left = await env.DB.prepare("SELECT subject FROM bindings WHERE role = 'tenant-owner'").all();
    expect(left.results).toHaveLength(1);
    if (left.results[0]?.subject !== `user/${owner.id}`) owner = other;
  });

  it("reaches another tenant by its names or ids", async () => {
    const stranger = await givenUser();
    const rivalId = await idOf("/tenants/rival");
    const theirs = await givenMember(rivalId, [
      { role: "tenant-owner", scope: { level: "tenant", tenantId: rivalId } },
    ]);
    const bindingOfAcme = await bind(admin, { subject: user(admin), role: "billing" });
    for (const subject of [
      { kind: "group", provider: "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", name: "everybody" },
      user(stranger),
      user(theirs),
      { kind: "team", name: "t" },
      { kind: "service-account", name: "s" },
    ]) {
      const answer = await bind(admin, { subject, role: "viewer" });
      expect([answer.status, issue(answer)]).toEqual([422, expect.stringContaining("there is no")]);
    }
    const words = async (by: TestUser, path: string) =>
      (await api("GET", path, { token: by.token })).body.error;
    const { id } = bindingOfAcme.body;
    expect(await words(theirs, `/tenants/rival/bindings/${id}`)).toMatchObject({
      code: "KN-1200",
      message: `There is no binding '${id}'.`,
    });
    expect(await words(theirs, `/tenants/acme/bindings/${id}`)).toMatchObject({
      message: "There is no tenant 'acme'.",
    });
    expect((await api("GET", `/bindings/${id}`)).code).toBe("KN-1200");
  });

  it("of a project sees or takes what is given elsewhere in its tenant", async () => {
    const lead = await givenMember(acme.tenantId, [{ role: "project-admin", scope: shop }]);
    const elsewhere = await bind(admin, { subject: user(lead), role: "billing" });
    const path = `/tenants/acme/bindings/${elsewhere.body.id}`;
    for (const method of ["GET", "DELETE"]) {
      expect((await api(method, path, { token: lead.token })).code).toBe("KN-1200");
    }
    expect((await api("GET", "/tenants/acme/bindings", { token: lead.token })).code).toBe("KN-1102");
    expect((await api("GET", "/tenants/acme/bindings?project=shop", { token: lead.token })).status).toBe(200);
  });
});

describe("a body", () => {
  it.each([
    ["role", { role: "emperor" }],
    ["role", { role: "platform-admin" }],
    ["role", { role: "tenant-owner", scope: { project: "shop" } }],
    ["scope", { scope: { environment: "staging" } }],
    ["scope", { scope: { project: "shop", cluster: "acme-own" } }],
    ["subject", { subject: { kind: "user" } }],
    [
      "subject.name",
      { subject: { kind: "group", provider: "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", name: "x".repeat(201) } },
    ],
    ["expiresAt", { expiresAt: "tomorrow" }],
  ])("with a wrong %s is refused: %j", async (path, wrong) => {
    const body = { subject: user(admin), role: "viewer", ...wrong };
    const answer = await api<{ error: { details: { issues: { path: string }[] } } }>(
      "POST",
      "/tenants/acme/bindings",
      {
        body,
      },
    );
    expect([answer.status, answer.body.error.details.issues[0]?.path]).toEqual([422, path]);
  });
});

describe("the platform", () => {
  it("gives at the platform and on clusters, and may take the last owner", async () => {
    const ops = await givenUser();
    const made = await api<{ id: string }>("POST", "/bindings", {
      body: { subject: user(ops), role: "platform-ops", scope: { cluster: "foreign" } },
    });
    expect(made.status).toBe(201);
    expect((await api("GET", "/clusters/foreign", { token: ops.token })).status).toBe(200);
    expect((await api("DELETE", `/bindings/${made.body.id}`)).status).toBe(204);
    expect((await api("GET", "/clusters/foreign", { token: ops.token })).status).toBe(404);
    const { items } = (
      await api<{ items: { id: string }[] }>("GET", "/tenants/acme/bindings?role=tenant-owner")
    ).body;
    expect((await api("DELETE", `/tenants/acme/bindings/${items[0]?.id}`)).status).toBe(204);
  });
});
