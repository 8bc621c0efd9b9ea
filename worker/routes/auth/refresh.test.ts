import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { REPEAT_GRACE_MS, SESSION_MAX_MS } from "../../../domain/identity/refresh.ts";
import { until } from "../../../test/lib/until.ts";
import { allAppended, loggedIn as auditLog } from "../../../test/workerd/audit.ts";
import { Browser } from "../../../test/workerd/browser.ts";
import {
  type Answer,
  call,
  givenProvider,
  loggedIn,
  type Provider,
  REFRESH_COOKIE,
  TestIssuer,
  type Tokens,
} from "../../../test/workerd/login.ts";
import { sweep } from "../../scheduled.ts";
import { refreshTokens } from "../../tokens/refresh.ts";

let provider: Provider;
beforeAll(async () => {
  provider = await givenProvider(await TestIssuer.start());
});

const refresh = (refreshToken: string): Promise<Answer<Tokens>> =>
  call<Tokens>("POST", "/auth/refresh", { token: null, body: { refreshToken } });

/** A login whose refresh tokens are in the hands of a program. @returns its second one: the cookie had the first */
async function aLogin(person = "ada@acme.example") {
  const { browser, sessionId, userId } = await loggedIn(provider, person);
  const refreshToken = browser.cookie(REFRESH_COOKIE) ?? "";
  return { refreshToken, sessionId, userId };
}

async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

/** Notes of refusals in the platform's log: of somebody, for a reason. */
async function told(actor: string, reason: string) {
  const find = async () =>
    (await auditLog("platform")).filter(
      (entry) => [entry.actor.id, entry.actor.kind].includes(actor) && entry.reason?.startsWith(reason),
    );
  await until(`a note of ${reason}`, async () => (await find()).length > 0);
  return find();
}

const isAlive = async (token: string): Promise<boolean> =>
  (await call("GET", "/me", { token })).status === 200;

describe("a refresh token", () => {
  it("is exchanged for the next one, again and again", async () => {
    let { refreshToken } = await aLogin();
    for (let i = 0; i < 3; i++) {
      const { status, body } = await refresh(refreshToken);
      expect(status).toBe(200);
      expect(body.refreshToken).not.toBe(refreshToken);
      expect(await isAlive(body.token)).toBe(true);
      refreshToken = body.refreshToken;
    }
  });

  it("is one entry with the next number for each successor, however often that was given", async () => {
    const { refreshToken, sessionId, userId } = await aLogin();
    await allAppended();
    const before = (await auditLog("platform")).length;
    const headers = { "idempotency-key": `refresh-${sessionId}` };
    const body = { refreshToken };
    const ask = () => call<Tokens>("POST", "/auth/refresh", { token: null, body, headers });
    const answers = await Promise.all([ask(), ask(), ask()]);
    answers.push(await ask());
    expect(new Set(answers.map(({ body: given }) => given.refreshToken)).size).toBe(1);
    await allAppended();
    const log = await auditLog("platform");
    const entries = log.slice(before).filter(({ actor }) => actor.sessionId === sessionId);
    expect(entries).toMatchObject([
      { action: "refresh", object: `session/${sessionId}`, outcome: "success", actor: { id: userId } },
    ]);
    const numbers = log.flatMap(({ number }) => number ?? []);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  it("that is refused leaves a note, whether the user is disabled or the login over", async () => {
    const { refreshToken, sessionId, userId } = await aLogin();
    const state = (to: string) =>
      env.DB.prepare("UPDATE users SET state = ? WHERE id = ?").bind(to, userId).run();
    await state("disabled");
    expect((await refresh(refreshToken)).code).toBe("KN-1103");
    await told(userId, "KN-1103");
    await state("active");
    const other = await aLogin("grace@acme.example");
    await call("POST", "/auth/logout", { token: null, body: { refreshToken: other.refreshToken } });
    expect((await refresh(other.refreshToken)).code).toBe("KN-1111");
    const [note] = await told(other.userId, "KN-1111");
    expect(note).toMatchObject({ object: `session/${other.sessionId}`, outcome: "denied" });
    expect(note?.number).toBeUndefined();
    expect(sessionId).not.toBe(other.sessionId);
  });

  it("gives the same successor to a client that lost the answer, for ten seconds", async () => {
    const { refreshToken } = await aLogin();
    const first = await refresh(refreshToken);
    const again = await later(REPEAT_GRACE_MS - 2_000, () => refresh(refreshToken));
    expect([again.status, again.body.refreshToken]).toEqual([200, first.body.refreshToken]);
    expect((await refresh(first.body.refreshToken)).status).toBe(200);
  });

  it("gives one successor to all that come with it at once", async () => {
    const { refreshToken } = await aLogin();
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(refreshToken)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
  });

  it("that comes again later ends the whole login, and the thief's and the owner's tokens with it", async () => {
    const { refreshToken, sessionId, userId } = await aLogin();
    const { body: stolen } = await refresh(refreshToken);
    const reused = await later(REPEAT_GRACE_MS + 2_000, () => refresh(refreshToken));
    expect([reused.status, reused.code]).toEqual([401, "KN-1112"]);
    expect((await refresh(stolen.refreshToken)).code).toBe("KN-1111");
    expect((await call("GET", "/me", { token: stolen.token })).code).toBe("KN-1100");
    const row = await env.DB.prepare("SELECT ended_because FROM sessions WHERE id = ?")
      .bind(sessionId)
      .first();
    expect(row).toEqual({ ended_because: "reuse" });
    await allAppended();
    const entries = (await auditLog("platform")).filter(
      ({ object, outcome }) => object === `session/${sessionId}` && outcome === "success",
    );
    const refreshes = { action: "refresh", actor: { id: userId, sessionId } };
    expect(entries).toMatchObject([
      refreshes,
      refreshes,
      { action: "refreshLogin", reason: "reuse", actor: { id: userId, sessionId } },
    ]);
  });

  it("older than the last one ends the login even at once", async () => {
    const { refreshToken } = await aLogin();
    const { body: second } = await refresh(refreshToken);
    const { body: third } = await refresh(second.refreshToken);
    expect((await refresh(refreshToken)).code).toBe("KN-1112");
    expect((await refresh(third.refreshToken)).code).toBe("KN-1111");
  });

  it("that nobody gave out is refused, and ends nobody's login", async () => {
    const { refreshToken, sessionId } = await aLogin();
    const [, generation] = refreshToken.split(".");
    const forged = [
      refreshToken.replace(/.$/, (end) => (end === "A" ? "E" : "A")),
      `knr_${sessionId}.1.${"A".repeat(43)}`,
      `knr_${sessionId}.999.${"A".repeat(43)}`,
      `knr_${sessionId}.${generation}.`,
      "",
      "x".repeat(200),
    ];
    for (const text of forged) expect((await refresh(text)).code, text).toBe("KN-1100");
    await told("stranger", "KN-1100 unauthenticated");
    expect((await refresh("x".repeat(300))).code).toBe("KN-1002");
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it("of a time that a restored database knows nothing of is refused, and ends nothing", async () => {
    const { refreshToken, sessionId } = await aLogin();
    const { body: next } = await refresh(refreshToken);
    await env.DB.prepare("UPDATE sessions SET generation = generation - 1, refresh_hash = 'old' WHERE id = ?")
      .bind(sessionId)
      .run();
    expect((await refresh(next.refreshToken)).code).toBe("KN-1111");
    const ended = await env.DB.prepare("SELECT ended_at FROM sessions WHERE id = ?")
      .bind(sessionId)
      .first("ended_at");
    expect(ended).toBeNull();
  });

  it("lives seven days, and a login thirty", async () => {
    const { refreshToken } = await aLogin();
    expect((await later(8 * 24 * 3_600_000, () => refresh(refreshToken))).code).toBe("KN-1111");
    let last = await aLogin();
    for (let day = 6; day < 30; day += 6) {
      const { body, status } = await later(day * 24 * 3_600_000, () => refresh(last.refreshToken));
      expect(status, `day ${day}`).toBe(200);
      last = { ...last, refreshToken: body.refreshToken };
    }
    expect((await later(SESSION_MAX_MS + 1_000, () => refresh(last.refreshToken))).code).toBe("KN-1111");
  });

  it("is nowhere in the database", async () => {
    const { refreshToken } = await aLogin();
    const rows = await env.DB.prepare("SELECT * FROM sessions").all();
    const tail = refreshToken.split(".").at(-1) ?? "";
    expect(JSON.stringify(rows.results)).not.toContain(tail);
  });

  it("of a key of the ring that is no more the primary is taken, and its successor is the primary's", async () => {
    const { sessionId } = await aLogin();
    const [byNew, byOld] = await refreshTokens(env, sessionId, 1);
    expect(byOld).not.toBe(byNew);
    const [onlyOld = ""] = env.KEY_RING.split(",");
    expect((await refreshTokens({ ...env, KEY_RING: onlyOld }, sessionId, 1))[0]).toBe(byOld);
  });
});

describe("a browser's login", () => {
  it("is refreshed by a page of this manager alone", async () => {
    const { browser } = await loggedIn(provider, "ada@acme.example");
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      { origin: "https://sub.kubenova.test", "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
    ];
    for (const path of ["/api/v1/auth/refresh", "/api/v1/auth/logout"]) {
      for (const headers of foreign) {
        const response = await browser.post(path, "", headers);
        expect([response.status, (await response.json()) as unknown]).toMatchObject([
          403,
          { error: { code: "KN-1117" } },
        ]);
      }
    }
    const bare = await browser.ask("/api/v1/auth/refresh", { method: "POST" });
    expect(bare.status).toBe(403);
    expect((await browser.post("/api/v1/auth/refresh", "", { origin: "null" })).status).toBe(200);
  });

  it("ends by logout: the cookie goes, and the access token is refused from then on", async () => {
    const { browser, token, sessionId, userId } = await loggedIn(provider, "ada@acme.example");
    expect(await isAlive(token)).toBe(true);
    const response = await browser.post("/api/v1/auth/logout");
    expect([response.status, browser.cookie(REFRESH_COOKIE)]).toEqual([204, undefined]);
    expect((await call("GET", "/me", { token })).code).toBe("KN-1100");
    await allAppended();
    const entries = (await auditLog("platform")).filter(
      ({ object, action }) => object === `session/${sessionId}` && action !== "refresh",
    );
    expect(entries).toMatchObject([{ action: "logout", actor: { id: userId } }]);
    expect((await browser.post("/api/v1/auth/logout")).status).toBe(401);
  });

  it("that has ended is logged out of without an error", async () => {
    const { refreshToken } = await aLogin();
    const logout = () => call("POST", "/auth/logout", { token: null, body: { refreshToken } });
    expect([(await logout()).status, (await logout()).status]).toEqual([204, 204]);
  });
});

describe("one's own logins", () => {
  it("are ended one by one, and only one's own", async () => {
    const [mine, other] = [
      await loggedIn(provider, "ada@acme.example"),
      await loggedIn(provider, "ada@acme.example"),
    ];
    const stranger = await loggedIn(provider, "eve@acme.example");
    const end = (sessionId: string, token: string) => call("DELETE", `/me/sessions/${sessionId}`, { token });
    expect((await end(mine.sessionId, stranger.token)).code).toBe("KN-1200");
    expect((await end(other.sessionId, mine.token)).status).toBe(204);
    expect((await end(other.sessionId, mine.token)).status).toBe(204);
    expect([await isAlive(other.token), await isAlive(mine.token)]).toEqual([false, true]);
    expect((await end(mine.sessionId, mine.token)).status).toBe(204);
    expect(await isAlive(mine.token)).toBe(false);
  });

  it("are nothing that a machine or the administrator has", async () => {
    expect((await call("GET", "/me/sessions")).code).toBe("KN-1102");
    expect((await call("GET", "/me")).body).toEqual({
      kind: "platform-admin",
      id: "platform-admin",
      tenants: [],
    });
    expect((await call("GET", "/me", { token: null })).code).toBe("KN-1100");
  });

  it("are forgotten a month after they are over", async () => {
    const { sessionId } = await aLogin();
    const count = async () =>
      env.DB.prepare("SELECT COUNT(*) AS n FROM sessions WHERE id = ?").bind(sessionId).first<number>("n");
    const hour = (days: number) => Math.ceil((Date.now() + days * 86_400_000) / 3_600_000) * 3_600_000;
    await sweep(env, hour(30));
    expect(await count()).toBe(1);
    await sweep(env, hour(38));
    expect(await count()).toBe(0);
  });

  it("tell from where they were made", async () => {
    const { token } = await loggedIn(provider, "ada@acme.example", new Browser("198.51.100.20"));
    const { body } = await call<{ items: { address: string }[] }>("GET", "/me/sessions", { token });
    expect(body.items[0]?.address).toBe("198.51.100.20");
  });
});
