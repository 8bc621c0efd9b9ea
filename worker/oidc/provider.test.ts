import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { until } from "../../test/lib/until.ts";
import { loggedIn as auditLog } from "../../test/workerd/audit.ts";
import { Browser } from "../../test/workerd/browser.ts";
import {
  atCallback,
  CLIENT,
  call,
  givenProvider,
  loggedIn,
  logIn,
  type Provider,
  REFRESH_COOKIE,
  TestIssuer,
} from "../../test/workerd/login.ts";

/** Providers that lie, change their keys, are mixed up, or claim other people's addresses. */

let issuer: TestIssuer;
let provider: Provider;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  provider = await givenProvider(issuer);
  for (const tenant of ["acme", "rival"]) await call("PUT", `/tenants/${tenant}`, { body: {} });
});
beforeEach(() => issuer.lie({}));

const nowInSeconds = () => Math.floor(Date.now() / 1000);

/** What the manager says to a person's browser. */
async function refusal(at: Provider, person: string): Promise<{ status: number; text: string; in: boolean }> {
  const browser = new Browser();
  const response = await logIn(browser, at, person);
  return {
    status: response.status,
    text: await response.text(),
    in: browser.cookie(REFRESH_COOKIE) !== undefined,
  };
}

describe("an ID token", () => {
  it.each([
    ["of another nonce", { claims: { nonce: "other" } }, "nonce"],
    ["without a nonce", { claims: { nonce: null } }, "nonce"],
    ["of another issuer", { claims: { iss: "https://evil.example" } }, "iss"],
    ["for another client", { claims: { aud: "another" } }, "aud"],
    ["for several, where another one asked", { claims: { aud: ["kubenova", "x"], azp: "x" } }, "azp"],
    ["past its time", { claims: { exp: nowInSeconds() - 120, iat: nowInSeconds() - 600 } }, "exp"],
    ["without an end", { claims: { exp: null } }, "exp"],
    ["without a subject", { claims: { sub: null } }, "sub"],
    ["with an endless subject", { claims: { sub: "x".repeat(300) } }, "subject"],
    ["that nobody signed", { sign: "none" as const }, "alg"],
    ["signed by the client's own secret", { sign: "HS256" as const, secret: CLIENT.clientSecret }, "alg"],
    ["signed by a stranger under the provider's key's name", { sign: "stranger" as const }, ""],
    ["of a megabyte", { padding: 1_000_000 }, "more than"],
  ])("%s is refused", async (_what, lie, said) => {
    await issuer.lie(lie);
    const answer = await refusal(provider, "ada@acme.example");
    expect([answer.status, answer.in]).toEqual([502, false]);
    expect(answer.text).toMatch(/KN-1114|KN-1611/);
    expect(answer.text).toContain(said);
  });

  it("of a clock that is a little behind is taken", async () => {
    await issuer.lie({ claims: { exp: nowInSeconds() - 20 } });
    expect((await refusal(provider, "ada@acme.example")).status).toBe(303);
  });
});

describe("a provider's keys", () => {
  it("may change: the new one is asked for once, and not at each unknown name", async () => {
    const changing = await TestIssuer.start();
    const own = await givenProvider(changing);
    expect((await refusal(own, "keys@changing.example")).status).toBe(303);
    const asked = await changing.asked("/jwks");
    expect((await refusal(own, "keys@changing.example")).status).toBe(303);
    expect(await changing.asked("/jwks")).toBe(asked);
    await changing.rotateKeys();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15_000 });
    try {
      expect((await refusal(own, "keys@changing.example")).status).toBe(303);
      expect(await changing.asked("/jwks")).toBe(asked + 1);
      await changing.rotateKeys();
      for (let i = 0; i < 3; i++) expect((await refusal(own, "keys@changing.example")).status).toBe(502);
      expect(await changing.asked("/jwks")).toBe(asked + 1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("two providers", () => {
  it("are not mixed up: what one answered is refused where the other was asked", async () => {
    const evil = await givenProvider(await TestIssuer.start());
    const browser = new Browser();
    const callback = await atCallback(browser, provider, "ada@acme.example");
    const elsewhere = new URL(callback);
    elsewhere.pathname = elsewhere.pathname.replace(provider.id, evil.id);
    expect((await browser.ask(elsewhere)).status).toBe(400);
    const mixed = new URL(callback);
    mixed.searchParams.set("iss", "https://evil.example");
    const response = await browser.ask(mixed);
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining("iss")]);
  });

  it("that say their answers' issuer must say it", async () => {
    const browser = new Browser();
    const callback = await atCallback(browser, provider, "ada@acme.example");
    callback.searchParams.delete("iss");
    expect((await browser.ask(callback)).status).toBe(502);
  });

  it("do not share people: whoever claims the address of a user with another way in is refused", async () => {
    const { userId } = await loggedIn(provider, "boss@acme.example");
    const other = await givenProvider(await TestIssuer.start());
    const answer = await refusal(other, "boss@acme.example");
    expect([answer.status, answer.in]).toEqual([403, false]);
    expect(answer.text).toContain("logs in another way");
    const ways = await env.DB.prepare("SELECT COUNT(*) AS n FROM identities WHERE user_id = ?")
      .bind(userId)
      .first("n");
    expect(ways).toBe(1);
  });
});

describe("a tenant's own provider", () => {
  it("logs people in to that tenant alone, whatever else they may do", async () => {
    const own = await givenProvider(issuer, {}, "acme");
    const { token, userId } = await loggedIn(own, "tess@tenant.example");
    const me = await call<{ tenantId: string; tenants: { name: string }[] }>("GET", "/me", { token });
    expect(me.body.tenants.map(({ name }) => name)).toEqual(["acme"]);
    const rivalId = (await call<{ id: string }>("GET", "/tenants/rival")).body.id;
    for (const [id, tenantId] of [
      ["bnd_a", me.body.tenantId],
      ["bnd_b", rivalId],
    ]) {
      await env.DB.prepare(
        "INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by) VALUES (?, ?, 'viewer', 'tenant', ?, 1, 'test')",
      )
        .bind(id, `user/${userId}`, tenantId)
        .run();
    }
    expect((await call("GET", "/tenants/acme", { token })).status).toBe(200);
    expect((await call("GET", "/tenants/rival", { token })).code).toBe("KN-1200");
  });
});

describe("whom a provider brings in", () => {
  it("are those who were invited, unless it may bring in others", async () => {
    const invited = await givenProvider(issuer, { users: "invited" });
    expect((await refusal(invited, "ivan@new.example")).text).toContain(
      "nobody with this e-mail address was invited",
    );
    await env.DB.prepare(
      "INSERT INTO invitations (id, tenant_id, email, grants, secret_hash, created_at, created_by, expires_at) VALUES ('inv_x', NULL, 'ivan@new.example', '[]', 'x', 1, 'test', ?)",
    )
      .bind(Date.now() + 60_000)
      .run();
    expect((await refusal(invited, "ivan@new.example")).status).toBe(303);
    const domains = await givenProvider(issuer, { users: "domains", domains: ["new.example"] });
    expect((await refusal(domains, "dora@new.example")).status).toBe(303);
    expect((await refusal(domains, "dora@sub.new.example")).status).toBe(403);
  });

  it("have a verified address", async () => {
    expect((await refusal(provider, "unverified@new.example")).text).toContain(
      "did not say that the e-mail address is verified",
    );
    expect((await refusal(provider, "nameless@new.example")).text).toContain("sent no e-mail address");
    await issuer.lie({ claims: { email_verified: null } });
    expect((await refusal(provider, "plain@new.example")).status).toBe(403);
    const trusting = await givenProvider(issuer, { trustEmail: true });
    expect((await refusal(trusting, "plain@new.example")).status).toBe(303);
  });

  it("tells the log of a person whom it names and who is nobody here", async () => {
    const closed = await givenProvider(await TestIssuer.start(), { users: "invited" });
    expect((await refusal(closed, "nobody@bank.example")).status).toBe(403);
    // Like ones are counted together: which of a minute's the entry names is not told.
    const isTold = async () =>
      (await auditLog("platform")).some(
        ({ action, outcome, actor, object }) =>
          action === "login" &&
          outcome === "denied" &&
          actor.kind === "stranger" &&
          object.startsWith("identity-provider/"),
      );
    await until("it stands in the log", isTold, { deadlineMs: 15_000 });
  });
});
