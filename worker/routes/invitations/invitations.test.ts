import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../domain/access/index.ts";
import { api } from "../../../test/workerd/api.ts";
import { entriesOf } from "../../../test/workerd/audit.ts";
import { givenProject } from "../../../test/workerd/catalogue.ts";
import { givenKey, givenMember, givenUser, type TestUser } from "../../../test/workerd/principals.ts";

let acme: Scope & { level: "tenant" };
let owner: TestUser;
let admin: TestUser;

const INVITATIONS = "/tenants/acme/invitations";
const addressOf = ({ id }: { id: string }) => `${id}@Example.com`;

beforeAll(async () => {
  await givenProject("acme", "shop");
  await givenProject("rival", "shop");
  acme = { level: "tenant", tenantId: String((await api("GET", "/tenants/acme")).body.id) };
  owner = await givenMember(acme.tenantId, [{ role: "tenant-owner", scope: acme }]);
  admin = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
});

interface Made {
  id: string;
  token: string;
}

const invite = (by: TestUser, email: string, grants: object[] = [{ role: "developer" }]) =>
  api<Made>("POST", INVITATIONS, { token: by.token, body: { email, grants } });
const accept = (by: { token: string }, token: string, headers = {}) =>
  api<{ tenant: string; bindings: string[] }>("POST", "/invitations:accept", {
    token: by.token,
    body: { token },
    headers,
  });
const bindingsOf = async ({ id }: TestUser) =>
  (await env.DB.prepare("SELECT * FROM bindings WHERE subject = ?").bind(`user/${id}`).all()).results;

describe("an invitation", () => {
  it("makes a member who has what it gives, from his next request on, and tells all of it", async () => {
    const guest = await givenUser();
    const made = await invite(admin, addressOf(guest), [
      { role: "developer", project: "shop" },
      { role: "billing" },
    ]);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ email: addressOf(guest).toLowerCase(), state: "open" });
    expect((await api("GET", "/tenants/acme", { token: guest.token })).status).toBe(404);
    const accepted = await accept(guest, made.body.token, { "x-correlation-id": "c-accept" });
    expect([accepted.status, accepted.body]).toMatchObject([200, { tenant: "acme" }]);
    expect(accepted.body.bindings).toHaveLength(2);
    expect((await api("GET", "/tenants/acme/projects/shop/apps", { token: guest.token })).status).toBe(200);
    expect(
      (await api("GET", `/tenants/acme/members/${guest.id}`, { token: admin.token })).body,
    ).toMatchObject({
      addedBy: admin.id,
    });
    expect(await entriesOf("c-accept")).toMatchObject([
      { actor: { kind: "user", id: guest.id }, object: `invitation/${made.body.id}`, tenant: acme.tenantId },
    ]);
    const read = await api("GET", `${INVITATIONS}/${made.body.id}`, { token: admin.token });
    expect(read.body).toMatchObject({ state: "accepted", acceptedBy: guest.id });
    expect(JSON.stringify(read.body)).not.toContain(made.body.token.split(".")[1]);
  });

  it("is shown once, kept as a hash, and in no event", async () => {
    const headers = { "idempotency-key": "invite-once" };
    const body = { email: "once@example.com", grants: [] };
    const make = () => api<Made>("POST", INVITATIONS, { token: admin.token, body, headers });
    const [first, again] = [await make(), await make()];
    expect([first.status, again.code]).toEqual([201, "KN-1304"]);
    const secret = String(first.body.token.split(".")[1]);
    for (const table of ["invitations", "events", "idempotency", "audit_outbox"]) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
      expect(JSON.stringify(results), table).not.toContain(secret);
    }
  });

  it("works once, however often it is accepted at once", async () => {
    const guest = await givenUser();
    const { body } = await invite(admin, addressOf(guest));
    const all = await Promise.all(Array.from({ length: 5 }, () => accept(guest, body.token)));
    expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await bindingsOf(guest)).toHaveLength(1);
  });

  it("is for its address, its secret and a login; a key or another's login is refused", async () => {
    const [guest, other] = [await givenUser(), await givenUser()];
    const { body } = await invite(admin, addressOf(guest));
    expect((await accept(other, body.token)).code).toBe("KN-1134");
    for (const wrong of [
      `${body.id}.${"0".repeat(64)}`,
      `${body.id}.`,
      "nonsense",
      `inv_${"0".repeat(26)}.x`,
    ]) {
      expect((await accept(guest, wrong)).code, wrong).toBe("KN-1200");
    }
    const machine = await givenKey();
    expect((await accept({ token: machine.key }, body.token)).code).toBe("KN-1135");
    expect((await api("POST", "/invitations:accept", { body: { token: body.token } })).code).toBe("KN-1135");
    const rivalId = String((await api("GET", "/tenants/rival")).body.id);
    const set = (tenantId: string | null) =>
      env.DB.prepare("UPDATE sessions SET tenant_id = ? WHERE id = ?").bind(tenantId, guest.sessionId).run();
    await set(rivalId);
    expect((await accept(guest, body.token)).code).toBe("KN-1134");
    await set(acme.tenantId);
    expect((await accept(guest, body.token)).status).toBe(200);
  });

  it("that is over is worth nothing", async () => {
    const guest = await givenUser();
    const { body: revoked } = await invite(admin, addressOf(guest));
    const end = () => api("DELETE", `${INVITATIONS}/${revoked.id}`, { token: admin.token });
    expect([(await end()).body, (await end()).status]).toMatchObject([{ state: "revoked" }, 200]);
    expect((await accept(guest, revoked.token)).code).toBe("KN-1134");
    const { body: old } = await invite(admin, addressOf(guest));
    await env.DB.prepare("UPDATE invitations SET expires_at = 1 WHERE id = ?").bind(old.id).run();
    expect((await accept(guest, old.token)).code).toBe("KN-1134");
    const { body: used } = await invite(admin, addressOf(guest));
    expect((await accept(guest, used.token)).status).toBe(200);
    expect((await api("DELETE", `${INVITATIONS}/${used.id}`, { token: admin.token })).code).toBe("KN-1134");
  });

  it("gives only what its maker holds: when he makes it, and when it is accepted", async () => {
    const guest = await givenUser();
    expect((await invite(admin, addressOf(guest), [{ role: "tenant-owner" }])).code).toBe("KN-1130");
    const passing = await givenMember(acme.tenantId, [{ role: "tenant-admin", scope: acme }]);
    const { body } = await invite(passing, addressOf(guest));
    await api("DELETE", `/tenants/acme/members/${passing.id}`, { token: owner.token });
    expect((await accept(guest, body.token)).code).toBe("KN-1134");
    expect(await bindingsOf(guest)).toEqual([]);
  });

  it("to a place or role that is gone is refused", async () => {
    const guest = await givenUser();
    await givenProject("acme", "short");
    const { body } = await invite(admin, addressOf(guest), [{ role: "viewer", project: "short" }]);
    await api("DELETE", "/tenants/acme/projects/short?confirm=short");
    expect((await accept(guest, body.token)).code).toBe("KN-1134");
    await api("POST", "/tenants/acme/roles", { body: { name: "short", permissions: ["app:get"] } });
    const other = await givenUser();
    const { body: second } = await invite(admin, addressOf(other), [{ role: "short" }]);
    expect((await api("DELETE", "/tenants/acme/roles/short")).code).toBe("KN-1132");
    expect((await accept(other, second.token)).status).toBe(200);
  });

  it("is one an address, and for nobody who is in already", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => invite(admin, "Same@example.com")));
    expect(all.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await invite(admin, addressOf(owner))).code).toBe("KN-1300");
  });

  it.each([
    [{ email: "none" }],
    [{ email: "a@example.com", grants: [{ role: "emperor" }] }],
    [{ email: "a@example.com", grants: [{ role: "viewer", project: "none" }] }],
    [{ email: "a@example.com", grants: [{ role: "viewer", environment: "staging" }] }],
    [{ email: "a@example.com", grants: [{ role: "platform-ops" }] }],
    [{ email: "a@example.com", grants: Array.from({ length: 21 }, () => ({ role: "viewer" })) }],
  ])("of %j is refused", async (body) => {
    expect((await api("POST", INVITATIONS, { token: admin.token, body })).code).toBe("KN-1002");
  });

  it("of a tenant is not there in another, nor at the platform", async () => {
    const { body } = await invite(admin, "apart@example.com");
    expect((await api("GET", `/tenants/rival/invitations/${body.id}`)).code).toBe("KN-1200");
    expect((await api("GET", `/invitations/${body.id}`)).code).toBe("KN-1200");
  });
});

describe("the platform's key", () => {
  it("brings in the first administrator, and the owner of a tenant", async () => {
    const [first, head] = [await givenUser(), await givenUser()];
    const made = await api<Made>("POST", "/invitations", {
      body: { email: addressOf(first), grants: [{ role: "platform-admin" }] },
    });
    expect((await accept(first, made.body.token)).body).not.toHaveProperty("tenant");
    expect((await api("POST", "/tenants", { token: first.token, body: { name: "initech" } })).status).toBe(
      201,
    );
    const invited = await api<Made>("POST", "/tenants/initech/invitations", {
      token: first.token,
      body: { email: addressOf(head), grants: [{ role: "tenant-owner" }] },
    });
    expect((await accept(head, invited.body.token)).status).toBe(200);
    expect(
      (await api("POST", "/tenants/initech/projects", { token: head.token, body: { name: "web" } })).status,
    ).toBe(201);
  });
});
