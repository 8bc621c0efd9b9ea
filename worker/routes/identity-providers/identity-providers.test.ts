import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { CLIENT, call, givenProvider, loggedIn, TestIssuer } from "../../../test/workerd/login.ts";
import { givenUser } from "../../../test/workerd/principals.ts";
import { anId } from "../../../test/workerd/seed.ts";

let issuer: TestIssuer;
let acmeId: string;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  acmeId = (await call<{ id: string }>("PUT", "/tenants/acme", { body: {} })).body.id;
  await call("PUT", "/tenants/rival", { body: {} });
});

const ACME = "/tenants/acme/identity-providers";
const written = () => ({ issuer: issuer.url, ...CLIENT });
const make = (path: string, body: Record<string, unknown>) =>
  call("POST", path, { body: { ...written(), ...body } });

describe("an identity provider", () => {
  it.each(["/identity-providers", ACME])(
    "is made, listed, changed, tried and deleted at %s",
    async (path) => {
      const made = await make(path, {
        name: "first",
        groupsClaim: "groups",
        users: "domains",
        domains: ["acme.example"],
      });
      expect([made.status, made.headers.get("location")]).toEqual([201, `/api/v1${path}/first`]);
      expect(made.body).toMatchObject({
        name: "first",
        hasClientSecret: true,
        scopes: ["openid", "email", "profile"],
        enabled: true,
        redirectUri: `https://kubenova.test/api/v1/auth/callback/${made.body.id}`,
      });
      expect((await make(path, { name: "first" })).code).toBe("KN-1300");
      const listed = await call<{ items: unknown[] }>("GET", path);
      expect(listed.body.items).toEqual([made.body]);
      expect((await call("GET", `${path}/${made.body.id}`)).body).toEqual(made.body);
      const tried = await call("POST", `${path}/first:test`);
      expect(tried.body).toMatchObject({
        issuer: issuer.url,
        signatures: ["RS256", "ES256"],
        groupsClaimListed: true,
      });
      const headers = { "if-match": '"1"' };
      const patched = await call("PATCH", `${path}/first`, {
        body: { displayName: "First", users: "invited" },
        headers,
      });
      expect(patched.body).toMatchObject({
        displayName: "First",
        users: "invited",
        hasClientSecret: true,
        version: 2,
      });
      expect((await call("PATCH", `${path}/first`, { body: { enabled: false }, headers })).code).toBe(
        "KN-1301",
      );
      expect(
        (await call("PATCH", `${path}/first`, { body: { clientSecret: null } })).body.hasClientSecret,
      ).toBe(false);
      expect((await call("DELETE", `${path}/first`)).code).toBe("KN-1008");
      expect((await call("DELETE", `${path}/first?confirm=first`)).status).toBe(204);
      expect((await call("GET", `${path}/first`)).code).toBe("KN-1200");
    },
  );

  it("keeps its secret to itself: no answer, event or row has it", async () => {
    const secret = "planted-secret-of-a-client-0815";
    const made = await make(ACME, { name: "sealed", clientSecret: secret });
    await call("PATCH", `${ACME}/sealed`, { body: { clientSecret: `${secret}-2` } });
    const tables = ["identity_providers", "events", "audit_outbox", "idempotency"];
    const rows = await Promise.all(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`).all()));
    const all = JSON.stringify([made.body, ...rows.map(({ results }) => results)]);
    expect(all).toContain("kn1.");
    expect(all).not.toContain("planted-secret");
  });

  it("sends its secret to no other issuer", async () => {
    await make(ACME, { name: "moved", clientSecret: "of-the-first-issuer" });
    const patch = (body: object) => call("PATCH", `${ACME}/moved`, { body });
    const refused = await patch({ issuer: "https://login.example.com" });
    expect([refused.code, JSON.stringify(refused.body)]).toEqual([
      "KN-1002",
      expect.stringContaining('"path":"clientSecret"'),
    ]);
    expect((await patch({ issuer: issuer.url })).body).toMatchObject({ hasClientSecret: true });
    const anew = { issuer: "https://login.example.com", clientSecret: "of-the-second" };
    expect((await patch(anew)).body).toMatchObject({ issuer: anew.issuer, hasClientSecret: true });
    expect((await patch({ issuer: issuer.url, clientSecret: null })).body.hasClientSecret).toBe(false);
    expect((await patch({ issuer: anew.issuer })).body).toMatchObject({ issuer: anew.issuer });
  });

  it("is refused where its address is not outside, or what is written cannot be", async () => {
    for (const odd of [
      "http://example.com",
      "https://10.0.0.1/",
      "https://keycloak.internal/",
      "https://localhost/",
    ]) {
      expect((await make(ACME, { name: "odd", issuer: odd })).code, odd).toBe("KN-1610");
    }
    const wrong = [
      { issuer: "x" },
      { issuer: "https://example.com/?a=b" },
      { scopes: ["email"] },
      { users: "domains", domains: [] },
      { users: "domains", domains: ["Acme.Example"] },
      { clientSecret: "x".repeat(1_025) },
      { unknown: 1 },
    ];
    for (const odd of wrong) expect((await make(ACME, { name: "odd", ...odd })).code).toBe("KN-1002");
  });

  it("that cannot be used says why when it is tried", async () => {
    await make(ACME, { name: "nowhere", issuer: `${issuer.url}/none` });
    expect((await call("POST", `${ACME}/nowhere:test`)).code).toBe("KN-1114");
    await make(ACME, { name: "slash", issuer: `${issuer.url}/` });
    const { code, body } = await call<{ error: { message: string } }>("POST", `${ACME}/slash:test`);
    expect([code, body.error.message]).toEqual(["KN-1114", expect.stringContaining("names another issuer")]);
  });

  it("of a tenant is its administrators', and no other tenant knows of it", async () => {
    await make(ACME, { name: "ours" });
    const admin = await givenUser([{ role: "tenant-admin", scope: { level: "tenant", tenantId: acmeId } }]);
    const { token } = admin;
    expect((await call("GET", `${ACME}/ours`, { token })).status).toBe(200);
    expect((await call("GET", "/identity-providers", { token })).code).toBe("KN-1102");
    expect((await call("GET", "/tenants/rival/identity-providers", { token })).code).toBe("KN-1200");
    expect((await call("GET", "/tenants/rival/identity-providers/ours")).code).toBe("KN-1200");
    const viewer = await givenUser([{ role: "viewer", scope: { level: "tenant", tenantId: acmeId } }]);
    expect((await call("GET", `${ACME}/ours`, { token: viewer.token })).code).toBe("KN-1102");
  });

  it("is offered to whoever wants to log in, with a tenant's own where the tenant is named", async () => {
    const platform = await givenProvider(issuer, { displayName: "Everybody" });
    const own = await givenProvider(issuer, {}, "rival");
    const off = await givenProvider(issuer, { enabled: false }, "rival");
    const offered = async (query: string) => {
      const { body } = await call<{ items: { id: string }[] }>("GET", `/auth/providers${query}`, {
        token: null,
      });
      return body.items.map(({ id }) => id);
    };
    expect(await offered("")).toContain(platform.id);
    expect(await offered("")).not.toContain(own.id);
    expect(await offered("?tenant=rival")).toContain(own.id);
    expect(await offered("?tenant=rival")).not.toContain(off.id);
    expect(await offered("?tenant=nobody")).toEqual(await offered(""));
  });

  it("takes the logins by it along when it is deleted", async () => {
    const provider = await givenProvider(issuer);
    const { token } = await loggedIn(provider, "ada@deleted.example");
    expect(
      (await call("DELETE", `/identity-providers/${provider.name}?confirm=${provider.name}`)).status,
    ).toBe(204);
    expect((await call("GET", "/me", { token })).code).toBe("KN-1100");
  });

  it.each([
    ["switched off", { enabled: false }],
    ["another's issuer", { issuer: "https://login.example.com", clientSecret: null }],
    ["read for other groups", { groupsClaim: null }],
  ])("ends the logins by it where it is %s", async (how, body) => {
    const provider = await givenProvider(issuer);
    const { token } = await loggedIn(provider, `ada.${how.length}@changed.example`);
    const patch = (change: unknown) =>
      call("PATCH", `/identity-providers/${provider.name}`, { body: change });
    expect((await patch({ displayName: "The same" })).status).toBe(200);
    expect((await call("GET", "/me", { token })).status).toBe(200);
    expect((await patch(body)).status).toBe(200);
    expect((await call("GET", "/me", { token })).code).toBe("KN-1100");
  });

  it("tells the log of each change by which it trusts more", async () => {
    const provider = await givenProvider(issuer);
    const body = { trustEmail: true, groupsClaim: "roles", clientSecret: null };
    await call("PATCH", `/identity-providers/${provider.name}`, { body });
    const row = await env.DB.prepare("SELECT data FROM events WHERE subject = ? ORDER BY seq DESC LIMIT 1")
      .bind(`identity-provider/${provider.id}`)
      .first<string>("data");
    const { before, after } = JSON.parse(row ?? "{}");
    expect(before).toMatchObject({ trustEmail: false, groupsClaim: "groups", hasClientSecret: true });
    expect(after).toMatchObject({ trustEmail: true, groupsClaim: "roles", hasClientSecret: false });
  });

  it("goes with its tenant: nobody logs in to one that is deleted", async () => {
    await call("PUT", "/tenants/going", { body: {} });
    const provider = await givenProvider(issuer, {}, "going");
    await call("DELETE", "/tenants/going?confirm=going");
    expect((await call("GET", `/auth/login/${provider.id}`, { token: null })).code).toBe("KN-1200");
    expect((await call("GET", `/auth/login/${anId("identityProvider")}`, { token: null })).code).toBe(
      "KN-1200",
    );
  });
});
