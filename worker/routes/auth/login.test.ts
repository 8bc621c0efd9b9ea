import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { allAppended, loggedIn as auditLog } from "../../../test/workerd/audit.ts";
import { Browser, MANAGER } from "../../../test/workerd/browser.ts";
import {
  atCallback,
  begin,
  call,
  givenProvider,
  loggedIn,
  logIn,
  type Provider,
  REFRESH_COOKIE,
  TestIssuer,
} from "../../../test/workerd/login.ts";

/** Logins at a real provider, by a browser that goes where it is sent. */

let issuer: TestIssuer;
let provider: Provider;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  provider = await givenProvider(issuer);
});

describe("a person", () => {
  it("logs in at his provider, and comes back to where he was with his login in a cookie", async () => {
    const browser = new Browser();
    const response = await logIn(browser, provider, "ada@acme.example", "/device?user_code=BCDF-GHJK");
    expect([response.status, response.headers.get("location")]).toEqual([303, "/device?user_code=BCDF-GHJK"]);
    const cookies = response.headers.getSetCookie();
    expect(cookies.find((each) => each.startsWith(REFRESH_COOKIE))).toMatch(
      /; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    expect(cookies.find((each) => each.startsWith("__Host-kubenova-login-"))).toContain("Max-Age=0");
    const { status, body } = await browser.post("/api/v1/auth/refresh").then(async (answer) => ({
      status: answer.status,
      body: (await answer.json()) as { token: string; refreshToken?: string },
    }));
    expect([status, body.refreshToken]).toEqual([200, undefined]);
    const me = await call("GET", "/me", { token: body.token });
    expect(me.body).toMatchObject({
      kind: "user",
      email: "ada@acme.example",
      displayName: "ada",
      tenants: [],
    });
  });

  it("is the same user at each login, and has one login for each", async () => {
    const first = await loggedIn(provider, "grace@acme.example");
    const second = await loggedIn(provider, "grace@acme.example");
    expect(second.userId).toBe(first.userId);
    expect(second.sessionId).not.toBe(first.sessionId);
    const { body } = await call<{ items: { id: string; current: boolean; provider: string }[] }>(
      "GET",
      "/me/sessions",
      { token: second.token },
    );
    expect(body.items.map(({ id, current, provider: by }) => [id, current, by])).toEqual([
      [second.sessionId, true, provider.name],
      [first.sessionId, false, provider.name],
    ]);
  });

  it("has the groups that the provider names, at each login anew", async () => {
    const groupsOf = async (sessionId: string) =>
      JSON.parse(
        (await env.DB.prepare("SELECT groups FROM sessions WHERE id = ?").bind(sessionId).first("groups")) ??
          "",
      );
    const before = await loggedIn(provider, "joan+ops+dev@acme.example");
    expect(await groupsOf(before.sessionId)).toEqual([
      `group/${provider.id}/dev`,
      `group/${provider.id}/ops`,
    ]);
    const after = await loggedIn(provider, "joan+dev@acme.example");
    expect(after.userId).toBe(before.userId);
    expect(await groupsOf(after.sessionId)).toEqual([`group/${provider.id}/dev`]);
  });

  it("gets what is bound to a group of his", async () => {
    await call("PUT", "/tenants/grouped", { body: {} });
    const { id } = (await call<{ id: string }>("GET", "/tenants/grouped")).body;
    const subject = `group/${provider.id}/viewers`;
    await env.DB.prepare(
      "INSERT INTO bindings (id, subject, role, level, tenant_id, created_at, created_by) VALUES ('bnd_x', ?, 'viewer', 'tenant', ?, 1, 'test')",
    )
      .bind(subject, id)
      .run();
    const inside = await loggedIn(provider, "vera+viewers@acme.example");
    expect((await call("GET", "/tenants/grouped", { token: inside.token })).status).toBe(200);
    const outside = await loggedIn(provider, "otto@acme.example");
    expect((await call("GET", "/tenants/grouped", { token: outside.token })).code).toBe("KN-1200");
  });

  it("who is disabled gets in nowhere, and that is audited", async () => {
    const { userId, browser } = await loggedIn(provider, "mallory@acme.example");
    await env.DB.prepare("UPDATE users SET state = 'disabled' WHERE id = ?").bind(userId).run();
    const response = await logIn(new Browser(), provider, "mallory@acme.example");
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining("this user is disabled"),
    ]);
    const refreshed = await browser.post("/api/v1/auth/refresh");
    expect([refreshed.status, (await refreshed.json()) as unknown]).toMatchObject([
      403,
      { error: { code: "KN-1103" } },
    ]);
    const entries = (await auditLog("platform")).filter(({ object }) => object === `user/${userId}`);
    expect(entries.map(({ action, outcome }) => [action, outcome])).toContainEqual(["login", "denied"]);
  });

  it("whose login is audited, and is an event where he is new", async () => {
    const { userId, sessionId } = await loggedIn(provider, "nora@acme.example");
    await allAppended();
    const [entry] = (await auditLog("platform")).filter(({ object }) => object === `user/${userId}`);
    expect(entry).toMatchObject({
      action: "login",
      outcome: "success",
      actor: { kind: "user", id: userId, sessionId },
    });
    const { body } = await call<{ items: { actor: string; subject: string; data: { kind: string } }[] }>(
      "GET",
      "/events?type=evt.access.changed&limit=200",
    );
    const told = body.items.find(({ subject }) => subject === `user/${userId}`);
    expect([told?.actor, told?.data.kind]).toEqual([userId, "user-created"]);
  });
});

describe("a login under way", () => {
  it("works once: a callback that is sent again is refused", async () => {
    const browser = new Browser();
    const callback = await atCallback(browser, provider, "ada@acme.example");
    const cookies = [...callback.searchParams.keys()];
    expect(cookies).toContain("iss");
    const kept =
      browser.cookie(`__Host-kubenova-login-${callback.searchParams.get("state")?.slice(0, 12)}`) ?? "";
    expect((await browser.ask(callback)).status).toBe(303);
    browser.setCookie(`__Host-kubenova-login-${callback.searchParams.get("state")?.slice(0, 12)}`, kept);
    const again = await browser.ask(callback, { headers: { accept: "application/json" } });
    expect((await again.json()) as unknown).toMatchObject({ error: { code: "KN-1113" } });
  });

  it("of two callbacks at once, one gets in", async () => {
    const browser = new Browser();
    const callback = await atCallback(browser, provider, "ada@acme.example");
    const answers = await Promise.all([browser.ask(callback), browser.ask(callback)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 400]);
  });

  it("is finished by nobody else's browser: a link to an attacker's callback logs nobody in", async () => {
    const attacker = new Browser("198.51.100.9");
    const callback = await atCallback(attacker, provider, "mallory2@acme.example");
    const victim = new Browser();
    const response = await victim.ask(callback);
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("KN-1113")]);
    expect(victim.cookie(REFRESH_COOKIE)).toBeUndefined();
  });

  it("with the state of another login is refused", async () => {
    const [one, other] = [new Browser(), new Browser()];
    const callback = await atCallback(one, provider, "ada@acme.example");
    const swapped = new URL(callback);
    swapped.searchParams.set(
      "state",
      (await atCallback(other, provider, "eve@acme.example")).searchParams.get("state") ?? "",
    );
    expect((await one.ask(swapped)).status).toBe(400);
    expect((await one.ask(callback)).status).toBe(303);
  });

  it("with the code of another login is refused: its verifier is not this browser's", async () => {
    const [one, other] = [new Browser(), new Browser()];
    const callback = await atCallback(one, provider, "ada@acme.example");
    const injected = new URL(callback);
    injected.searchParams.set(
      "code",
      (await atCallback(other, provider, "eve@acme.example")).searchParams.get("code") ?? "",
    );
    const response = await one.ask(injected);
    expect([response.status, await response.text()]).toEqual([502, expect.stringContaining("invalid_grant")]);
  });

  it("takes ten minutes at most", async () => {
    const browser = new Browser();
    const callback = await atCallback(browser, provider, "ada@acme.example");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 + 1_000 });
    try {
      expect((await browser.ask(callback)).status).toBe(400);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that the person breaks off says so", async () => {
    const browser = new Browser();
    const start = await begin(browser, provider, "");
    start.searchParams.delete("login_hint");
    const { response } = await browser.follow(start);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("access_denied")]);
  });

  it("leads to this manager alone, and to origins that the operator listed", async () => {
    const browser = new Browser();
    for (const returnTo of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "/.//evil.example",
    ]) {
      const response = await browser.ask(
        `/api/v1/auth/login/${provider.id}?returnTo=${encodeURIComponent(returnTo)}`,
        { headers: { accept: "application/json" } },
      );
      expect((await response.json()) as unknown, returnTo).toMatchObject({ error: { code: "KN-1116" } });
    }
  });

  it("that cannot begin says why on a page, where a person asked", async () => {
    const response = await new Browser().ask(`/api/v1/auth/login/${provider.id}?returnTo=//evil.example`);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      400,
      "text/html; charset=utf-8",
    ]);
    expect(await response.text()).toContain("KN-1116");
  });

  it("needs a provider that is there and switched on", async () => {
    const off = await givenProvider(issuer, { enabled: false });
    for (const id of [off.id, "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", "idp_x"]) {
      expect((await new Browser().ask(`${MANAGER}/api/v1/auth/login/${id}`)).status).toBe(404);
    }
  });
});
