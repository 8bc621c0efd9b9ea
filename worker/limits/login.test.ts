import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ADDRESS_BURST, FREE_FAILURES } from "../../domain/limits/login.ts";
import { api } from "../../test/workerd/api.ts";
import { addressOf, type LoginAttempt, loginAllowed, loginFailed, loginSucceeded } from "./login.ts";

const NOW = Date.now();
const slowed = expect.objectContaining({ code: "KN-1602" });

async function fail(attempt: LoginAttempt, now = NOW): Promise<void> {
  await loginAllowed(env, attempt, now);
  await loginFailed(env, attempt, now);
}

describe("a try to log in", () => {
  it("waits after five failures, with the time in Retry-After, also after a restart of the object", async () => {
    const attempt = { address: "203.0.113.1", account: "Ada@Example.com " };
    for (let i = 0; i < FREE_FAILURES; i++) await fail(attempt);
    await expect(loginAllowed(env, attempt, NOW)).rejects.toMatchObject({
      details: { retryAfterSeconds: 1 },
    });
    for (const id of await objectIds()) await evictDurableObject(env.LIMITS.get(id));
    const sameAccount = { ...attempt, account: "ada@example.com" };
    await expect(loginAllowed(env, sameAccount, NOW)).rejects.toEqual(slowed);
    await expect(loginAllowed(env, { ...attempt, address: "203.0.113.2" }, NOW)).resolves.toBeUndefined();
    await loginAllowed(env, attempt, NOW + 1_000);
    await loginSucceeded(env, attempt, NOW + 1_000);
    await expect(loginAllowed(env, attempt, NOW + 1_000)).resolves.toBeUndefined();
  });

  it("is limited by its address, whatever it claims to be", async () => {
    const address = "2001:db8::1";
    for (let i = 0; i < ADDRESS_BURST; i++) await loginAllowed(env, { address, account: `nobody-${i}` }, NOW);
    await expect(loginAllowed(env, { address: "2001:db8::2" }, NOW)).rejects.toEqual(slowed);
    await expect(loginAllowed(env, { address: "2001:db8:1::2" }, NOW)).resolves.toBeUndefined();
    await loginSucceeded(env, { address, account: "nobody-0" }, NOW);
    await expect(loginAllowed(env, { address }, NOW)).resolves.toBeUndefined();
  });

  it("leaves no address and no account in storage, and nothing at all after a day", async () => {
    const attempt = { address: "203.0.113.77", account: "grace@example.com" };
    await fail(attempt, NOW - 25 * 3_600_000);
    for (const id of await objectIds()) {
      const stub = env.LIMITS.get(id);
      const rows = await rowsOf(stub);
      expect(JSON.stringify(rows)).not.toMatch(/203\.0\.113|example/);
      await runDurableObjectAlarm(stub);
      for (const { at } of await rowsOf(stub)) expect(at).toBeGreaterThan(NOW - 24 * 3_600_000 - 60_000);
    }
  });
});

describe("POST /auth/token", () => {
  const tryKey = (key: string) =>
    api("POST", "/auth/token", {
      token: null,
      body: { key },
      headers: { "cf-connecting-ip": "198.51.100.9" },
    });

  it("is slowed where many tries failed, and the right key is not looked at meanwhile", async () => {
    expect((await tryKey("wrong")).code).toBe("KN-1100");
    // Tries that lie ahead, so that none comes back while this test runs.
    const ahead = Date.now() + 3_600_000;
    for (let i = 0; i < ADDRESS_BURST; i++) await loginAllowed(env, { address: "198.51.100.9" }, ahead);
    const answer = await tryKey(env.PLATFORM_ADMIN_KEY);
    expect(answer).toMatchObject({ status: 429, code: "KN-1602" });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    const elsewhere = await api("POST", "/auth/token", {
      token: null,
      body: { key: env.PLATFORM_ADMIN_KEY },
    });
    expect(elsewhere.status).toBe(201);
  });
});

it("an address is what the platform says it is", () => {
  const request = new Request("https://x/", {
    headers: { "cf-connecting-ip": "203.0.113.9", "x-forwarded-for": "1.2.3.4" },
  });
  expect(addressOf(request)).toBe("203.0.113.9");
  expect(addressOf(new Request("https://x/"))).toBeUndefined();
});

const objectIds = () => listDurableObjectIds(env.LIMITS);

const rowsOf = (stub: DurableObjectStub) =>
  runInDurableObject(stub, (_object, state) =>
    state.storage.sql.exec<{ key: string; state: string; at: number }>("SELECT * FROM tries").toArray(),
  );
