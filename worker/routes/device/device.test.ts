import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { allAppended, loggedIn as auditLog } from "../../../test/workerd/audit.ts";
import { Browser } from "../../../test/workerd/browser.ts";
import {
  type Answer,
  call,
  givenProvider,
  loggedIn,
  logIn,
  type Provider,
  TestIssuer,
  type Tokens,
} from "../../../test/workerd/login.ts";

interface Codes {
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  verificationUriComplete: string;
  interval: number;
}

let provider: Provider;
let people = 0;
let person: Browser;
let user: Awaited<ReturnType<typeof loggedIn>>;

beforeAll(async () => {
  provider = await givenProvider(await TestIssuer.start(), { displayName: "Acme <login>" });
});
beforeEach(async () => {
  person = new Browser();
  // Another one for each test: some look at the clock of later, and tries to log in are counted by the clock.
  user = await loggedIn(provider, `ada${++people}@acme.example`, person);
});

const begin = async (client = "a test's terminal"): Promise<Codes> =>
  (await call<Codes>("POST", "/auth/device", { token: null, body: { client } })).body;
const poll = (
  deviceCode: string,
): Promise<Answer<Tokens & { error: { details: { error: string; interval: number } } }>> =>
  call("POST", "/auth/device/token", { token: null, body: { deviceCode } });
const told = async (deviceCode: string): Promise<unknown> => {
  const { code, body } = await poll(deviceCode);
  return [code, body.error.details.error];
};

async function later<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

const textOf = async (path: string, browser = person): Promise<string> => (await browser.ask(path)).text();
const proofIn = (html: string): string => /name="proof" value="([^"]+)"/.exec(html)?.[1] ?? "";

async function decide(userCode: string, decision: "approve" | "deny", browser = person): Promise<Response> {
  const proof = proofIn(await textOf(`/device?user_code=${userCode}`, browser));
  return browser.post("/device", { user_code: userCode, decision, proof });
}

describe("a terminal", () => {
  it("is logged in by the word of a person, with a login of its own", async () => {
    const { deviceCode, userCode, verificationUriComplete, interval } = await begin();
    expect([interval, verificationUriComplete]).toEqual([
      5,
      `https://kubenova.test/device?user_code=${userCode}`,
    ]);
    expect(await told(deviceCode)).toEqual(["KN-1118", "authorization_pending"]);
    expect(await (await decide(userCode, "approve")).text()).toContain("The terminal is connected");
    const { status, body } = await later(6, () => poll(deviceCode));
    expect(status).toBe(200);
    expect(body.sessionId).not.toBe(user.sessionId);
    expect((await call("GET", "/me", { token: body.token })).body).toMatchObject({ id: user.userId });
    const next = await call<Tokens>("POST", "/auth/refresh", {
      token: null,
      body: { refreshToken: body.refreshToken },
    });
    expect(next.status).toBe(200);
    await allAppended();
    const reasons = (await auditLog("platform")).filter(
      ({ action, actor }) => action === "login" && actor.sessionId === body.sessionId,
    );
    expect(reasons).toMatchObject([{ action: "login", reason: expect.stringContaining(user.sessionId) }]);
  });

  it("lasts no longer than the login that it comes from: nobody goes on for ever from one to the next", async () => {
    const { deviceCode, userCode } = await begin();
    await decide(userCode, "approve");
    const { body } = await poll(deviceCode);
    const { results } = await env.DB.prepare("SELECT created_at FROM sessions WHERE id IN (?, ?)")
      .bind(user.sessionId, body.sessionId)
      .all<{ created_at: number }>();
    expect(results[0]?.created_at).toBe(results[1]?.created_at);
    const day = 24 * 60 * 60 * 1000;
    const aged = "UPDATE sessions SET created_at = ?1, expires_at = ?2 WHERE id = ?3";
    await env.DB.prepare(aged)
      .bind(Date.now() - 29 * day, Date.now() + day, user.sessionId)
      .run();
    const next = await begin();
    await decide(next.userCode, "approve");
    const last = await poll(next.deviceCode);
    const { refreshExpiresAt } = last.body as unknown as { refreshExpiresAt: string };
    expect(Date.parse(refreshExpiresAt)).toBeLessThanOrEqual(Date.now() + day);
  });

  it("gets its tokens once, of two that ask at once too", async () => {
    const { deviceCode, userCode } = await begin();
    await decide(userCode, "approve");
    const answers = await Promise.all([poll(deviceCode), poll(deviceCode)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(await later(6, () => told(deviceCode))).toEqual(["KN-1118", "invalid_grant"]);
  });

  it("that asks too often is told to wait longer, and then longer still", async () => {
    const { deviceCode } = await begin();
    await poll(deviceCode);
    const { body } = await poll(deviceCode);
    expect(body.error.details).toEqual({ error: "slow_down", interval: 10 });
    expect((await later(6, () => poll(deviceCode))).body.error.details).toEqual({
      error: "slow_down",
      interval: 15,
    });
  });

  it("that was refused gets nothing", async () => {
    const { deviceCode, userCode } = await begin();
    expect(await (await decide(userCode, "deny")).text()).toContain("The terminal was refused");
    expect(await told(deviceCode)).toEqual(["KN-1118", "access_denied"]);
  });

  it("that waited too long begins again", async () => {
    const { deviceCode, userCode } = await begin();
    expect(await later(601, () => told(deviceCode))).toEqual(["KN-1118", "expired_token"]);
    expect(await later(601, () => textOf(`/device?user_code=${userCode}`))).toContain("No terminal waits");
  });

  it("whose person's login has ended meanwhile gets nothing", async () => {
    const { deviceCode, userCode } = await begin();
    await decide(userCode, "approve");
    await call("DELETE", `/me/sessions/${user.sessionId}`, { token: user.token });
    expect(await told(deviceCode)).toEqual(["KN-1118", "access_denied"]);
  });

  it("with a code that nobody gave out gets nothing, and a stolen user code is worth nothing to it", async () => {
    const { userCode } = await begin();
    for (const code of ["", userCode, `knd_${"A".repeat(43)}`]) {
      expect(await told(code)).toEqual(["KN-1118", "invalid_grant"]);
    }
  });

  it("leaves no code in the database that it could be known by", async () => {
    const { deviceCode } = await begin();
    const { results } = await env.DB.prepare("SELECT * FROM device_logins").all();
    expect(JSON.stringify(results)).not.toContain(deviceCode);
  });
});

describe("the page", () => {
  it("lets log in first, and comes back with the code", async () => {
    const { userCode } = await begin();
    const html = await textOf(`/device?user_code=${userCode.toLowerCase()}`, new Browser());
    expect(html).toContain("Log in with Acme &lt;login&gt;");
    expect(html).toContain(
      `href="/api/v1/auth/login/${provider.id}?returnTo=%2Fdevice%3Fuser_code%3D${userCode}"`,
    );
    const response = await logIn(
      new Browser(),
      provider,
      "ada@acme.example",
      `/device?user_code=${userCode}`,
    );
    expect(response.headers.get("location")).toBe(`/device?user_code=${userCode}`);
  });

  it("tells nobody who is not logged in whether a code waits", async () => {
    const { userCode } = await begin();
    const [one, other] = await Promise.all(
      [userCode, "BBBB-BBBB"].map((code) => textOf(`/device?user_code=${code}`, new Browser())),
    );
    const bare = (html: string | undefined, code: string) =>
      html?.replaceAll(code, "").replace(/nonce[-="]+[\w-]+/g, "");
    expect(bare(one, userCode)).toBe(bare(other, "BBBB-BBBB"));
  });

  it("shows what asks and from where, and nothing of it is taken for HTML", async () => {
    const { userCode } = await begin("<img src=x onerror=alert(1)>");
    const html = await textOf(`/device?user_code=${userCode}`);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(html).not.toContain("<img");
    expect(html).toContain(userCode);
    expect(html).toContain(`ada${people}@acme.example`);
  });

  it("has no script, loads nothing, and stands in nobody's frame", async () => {
    const { headers } = await person.ask("/device");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'nonce-[\w-]{22}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect([headers.get("x-frame-options"), headers.get("cache-control")]).toEqual(["DENY", "no-store"]);
  });

  it("takes a person's word from its own form alone", async () => {
    const { deviceCode, userCode } = await begin();
    const proof = proofIn(await textOf(`/device?user_code=${userCode}`));
    const form = { user_code: userCode, decision: "approve", proof };
    const eve = new Browser();
    await loggedIn(provider, "eve@acme.example", eve);
    const refused = [
      await person.post("/device", form, { origin: "https://evil.example", "sec-fetch-site": "cross-site" }),
      await person.post("/device", { ...form, proof: "" }),
      await person.post("/device", {
        ...form,
        proof: proofIn(await textOf(`/device?user_code=${userCode}`, eve)),
      }),
      await person.post("/device", { ...form, user_code: (await begin()).userCode }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect((await new Browser().post("/device", form)).status).toBe(303);
    expect(await told(deviceCode)).toEqual(["KN-1118", "authorization_pending"]);
    expect((await person.post("/device", { ...form, padding: "x".repeat(3_000) })).status).toBe(413);
  });

  it("slows down who guesses codes", async () => {
    const guesser = new Browser("198.51.100.77");
    await loggedIn(provider, "guess@acme.example", guesser);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) {
      statuses.push((await guesser.ask("/device?user_code=BBBB-BBBC")).status);
    }
    expect(statuses.slice(0, 4)).toEqual([404, 404, 404, 404]);
    expect(statuses.at(-1)).toBe(429);
    const slowed = await guesser.ask("/device?user_code=BBBB-BBBC");
    expect(Number(slowed.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await slowed.text()).toContain("KN-1602");
  });
});
