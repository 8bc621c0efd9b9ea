import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import {
  givenBinding,
  givenMember,
  givenTenantUser,
  givenUser,
  type TestUser,
} from "../../../test/workerd/principals.ts";
import { anId } from "../../../test/workerd/seed.ts";

/** Users of tenants' own realms, as what is given sees them. */

type TenantScope = Scope & { level: "tenant" };
let [acme, rival] = [] as unknown as [TenantScope, TenantScope];
let [owner, admin, rivalOwner] = [] as unknown as [TestUser, TestUser, TestUser];

const tenantScope = async (name: string): Promise<TenantScope> => {
  await givenProject(name, "shop");
  return { level: "tenant", tenantId: String((await api("GET", `/tenants/${name}`)).body.id) };
};
const addressOf = ({ id }: TestUser) => `${id.toLowerCase()}@example.com`;

beforeAll(async () => {
  [acme, rival] = [await tenantScope("acme"), await tenantScope("rival")];
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
  rivalOwner = await givenMember(rival.tenantId, [{ role: "tenant-owner", scope: rival }]);
  await api("POST", "/tenants/rival/teams", { token: rivalOwner.token, body: { name: "crew" } });
});

describe("a user of a tenant's realm", () => {
  it("has in that tenant what is given to him", async () => {
    const ours = await givenTenantUser(acme.tenantId);
    const body = { subject: { kind: "user", email: addressOf(ours) }, role: "viewer" };
    expect((await api("POST", "/tenants/acme/bindings", { token: owner.token, body })).status).toBe(201);
    expect((await api("GET", "/tenants/acme", { token: ours.token })).status).toBe(200);
  });

  it.each([
    ["by a binding of another tenant", "/tenants/rival/bindings", "viewer"],
    ["by a binding of the platform", "/bindings", "platform-ops"],
  ])("can be given nothing elsewhere %s: he is not there, as nobody is", async (_how, path, role) => {
    const ours = await givenTenantUser(acme.tenantId);
    const token = path === "/bindings" ? {} : { token: rivalOwner.token };
    const give = (subject: object) => api("POST", path, { ...token, body: { subject, role } });
    const messages = [];
    for (const [one, other] of [
      [{ id: ours.id }, { id: anId("user") }],
      [{ email: addressOf(ours) }, { email: "nobody@example.com" }],
    ] as const) {
      const [his, nobodys] = [await give({ kind: "user", ...one }), await give({ kind: "user", ...other })];
      expect([his.code, nobodys.code]).toEqual(["KN-1002", "KN-1002"]);
      const named = (text: unknown, whom: object) =>
        JSON.stringify(text).replaceAll(Object.values(whom)[0] as string, "him");
      messages.push([
        named((his.body.error as { message: string }).message, one),
        named((nobodys.body.error as { message: string }).message, other),
      ]);
    }
    for (const [his, nobodys] of messages) expect(his).toBe(nobodys);
  });

  it("is added to no team of another tenant, and seen by none of its routes", async () => {
    const ours = await givenTenantUser(acme.tenantId);
    const token = rivalOwner.token;
    const body = { kind: "user", id: ours.id };
    expect((await api("POST", "/tenants/rival/teams/crew/members", { token, body })).code).toBe("KN-1002");
    for (const [method, sent] of [
      ["GET", {}],
      ["PATCH", { body: { state: "disabled" } }],
      ["DELETE", {}],
    ] as const) {
      for (const tenant of ["rival", "acme"]) {
        const path = `/tenants/${tenant}/members/${ours.id}`;
        expect((await api(method, path, { token, ...sent })).code, `${method} ${path}`).toBe("KN-1200");
      }
    }
  });

  it("is held to his tenant even where a row elsewhere, a login or a key says more", async () => {
    const ours = await givenTenantUser(acme.tenantId, [{ role: "viewer", scope: acme }]);
    await givenBinding(`user/${ours.id}`, { role: "tenant-owner", scope: rival });
    await givenBinding(`user/${ours.id}`, { role: "platform-admin", scope: { level: "platform" } });
    const made = await api<{ key: string; id: string }>("POST", "/me/keys", {
      token: ours.token,
      body: { name: "ci", tenant: "acme" },
    });
    await env.DB.batch([
      env.DB.prepare("UPDATE sessions SET tenant_id = NULL WHERE id = ?").bind(ours.sessionId),
      env.DB.prepare("UPDATE api_keys SET tenant_id = NULL WHERE id = ?").bind(made.body.id),
    ]);
    for (const token of [ours.token, made.body.key]) {
      expect((await api("GET", "/tenants/acme", { token })).status).toBe(200);
      expect((await api("GET", "/tenants/rival", { token })).code).toBe("KN-1200");
      expect((await api("GET", "/users", { token })).code).toBe("KN-1102");
    }
  });

  it("who has the address of another member must be named by his id", async () => {
    const [whole, ours] = [await givenMember(acme.tenantId), await givenTenantUser(acme.tenantId)];
    await env.DB.prepare("UPDATE users SET email = 'twice@example.com' WHERE id IN (?, ?)")
      .bind(whole.id, ours.id)
      .run();
    const give = (subject: object) =>
      api("POST", "/tenants/acme/bindings", { token: owner.token, body: { subject, role: "viewer" } });
    const both = await give({ kind: "user", email: "twice@example.com" });
    expect([both.code, JSON.stringify(both.body)]).toEqual(["KN-1002", expect.stringContaining("by its id")]);
    expect((await give({ kind: "user", id: ours.id })).status).toBe(201);
    expect((await api("GET", "/tenants/acme", { token: whole.token })).status).toBe(404);
    const atPlatform = { subject: { kind: "user", email: "twice@example.com" }, role: "viewer" };
    const given = await api<{ subject: { id: string } }>("POST", "/bindings", { body: atPlatform });
    expect([given.status, given.body.subject.id]).toEqual([201, whole.id]);
  });
});

describe("a tenant's owner", () => {
  const set = (by: TestUser, { id }: TestUser, body: object) =>
    api("PATCH", `/tenants/acme/members/${id}`, { token: by.token, body });

  it("disables, enables and names a user of its realm", async () => {
    const ours = await givenTenantUser(acme.tenantId, [{ role: "viewer", scope: acme }]);
    const get = () => api("GET", "/tenants/acme", { token: ours.token });
    expect((await set(admin, ours, { displayName: "Ada" })).body).toMatchObject({ displayName: "Ada" });
    expect((await set(admin, ours, { state: "disabled" })).body).toMatchObject({ state: "disabled" });
    expect([401, 403]).toContain((await get()).status);
    expect((await set(admin, ours, { state: "active" })).status).toBe(200);
    expect((await get()).status).toBe(401);
    const { body } = await api<{ items: { subject: string; data: { kind: string } }[] }>(
      "GET",
      "/events?tenant=acme&type=evt.access.changed&limit=200",
      { token: owner.token },
    );
    const told = body.items.filter(({ subject }) => subject === `user/${ours.id}`);
    expect(told.map(({ data }) => data.kind).sort()).toEqual([
      "user-changed",
      "user-disabled",
      "user-enabled",
    ]);
  });

  it("does not change the platform's users", async () => {
    const whole = await givenMember(acme.tenantId);
    expect((await set(owner, whole, { state: "disabled" })).code).toBe("KN-1305");
    expect((await api("GET", "/me", { token: whole.token })).status).toBe(200);
    const stranger = await givenUser();
    expect((await set(owner, stranger, { state: "disabled" })).code).toBe("KN-1200");
  });

  it("switches off only who has no more than himself, and never the last who owns the tenant", async () => {
    const head = await givenTenantUser(rival.tenantId, [{ role: "tenant-owner", scope: rival }]);
    const path = `/tenants/rival/members/${head.id}`;
    const off = { body: { state: "disabled" } };
    const lesser = await givenTenantUser(rival.tenantId, [{ role: "tenant-admin", scope: rival }]);
    expect((await api("PATCH", path, { token: lesser.token, ...off })).code).toBe("KN-1130");
    await api("DELETE", `/tenants/rival/members/${rivalOwner.id}`, { token: head.token });
    expect((await api("PATCH", path, { token: head.token, ...off })).code).toBe("KN-1131");
    expect((await api("PATCH", path, off)).status).toBe(200);
  });
});
