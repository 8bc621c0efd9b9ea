import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { until } from "../../../test/lib/until.ts";
import { allAppended, loggedIn as auditLog } from "../../../test/workerd/audit.ts";
import { ask, MANAGER } from "../../../test/workerd/browser.ts";
import { call } from "../../../test/workerd/login.ts";
import type { Env } from "../../env.ts";

const KEY = env.PLATFORM_ADMIN_KEY;

async function byKey(more: Partial<Env> = {}, headers: Record<string, string> = {}, key = KEY) {
  const request = new Request(`${MANAGER}/api/v1/auth/token`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "cf-connecting-ip": "203.0.113.9", ...headers },
  });
  const response = await ask(request, more);
  const body = (await response.json()) as { token: string; error?: { code: string } };
  return { status: response.status, ...body, code: body.error?.code };
}

/** A database that is away. */
const away = new Proxy(env.DB, {
  get: () => () => {
    throw new Error("D1_ERROR: the database is away");
  },
});

describe("the administrator's key", () => {
  it("is announced with each use: in the platform's audit log and as an event", async () => {
    expect((await byKey({}, { "x-correlation-id": "the-emergency" })).status).toBe(201);
    await allAppended();
    const entries = (await auditLog("platform")).filter(
      ({ correlationId }) => correlationId === "the-emergency",
    );
    expect(entries).toMatchObject([
      {
        action: "break-glass",
        outcome: "success",
        actor: { kind: "platform-admin" },
        object: "platform/platform-admin",
      },
    ]);
    const { body } = await call<{ items: { data: unknown; actor: string }[] }>(
      "GET",
      "/events?correlationId=the-emergency",
    );
    expect(body.items).toMatchObject([
      { actor: "platform-admin", data: { kind: "break-glass-used", after: { address: "203.0.113.9" } } },
    ]);
  });

  it("that was guessed wrong is told of, too: by whom is not known, and often is one entry", async () => {
    const guesses = Array.from({ length: 5 }, (_, i) => byKey({}, {}, `guess-${i}`));
    expect((await Promise.all(guesses)).map(({ code }) => code)).toEqual(Array(5).fill("KN-1100"));
    const denied = async () =>
      (await auditLog("platform")).filter(
        ({ action, outcome }) => action === "break-glass" && outcome === "denied",
      );
    await until("it stands in the log", async () => (await denied()).length > 0, { deadlineMs: 15_000 });
    expect(await denied()).toMatchObject([
      { actor: { kind: "stranger" }, object: "platform/platform-admin" },
    ]);
    expect(JSON.stringify(await denied())).not.toContain("guess-");
  });

  it("opens the API where nobody is known any more and no provider is left", async () => {
    for (const table of [
      "users",
      "sessions",
      "identities",
      "identity_providers",
      "bindings",
      "memberships",
    ]) {
      await env.DB.prepare(`DELETE FROM ${table}`).run();
    }
    const { token } = await byKey();
    expect((await call("GET", "/identity-providers", { token })).body).toEqual({ items: [] });
  });

  it("gives a token where the database is away, and the program's log tells of it", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { status, token } = await byKey({ DB: away });
    expect(said.mock.calls.flat().join()).toContain("break-glass was used, and could not be recorded");
    expect(said.mock.calls.flat().join()).not.toContain(KEY);
    said.mockRestore();
    expect([status, (await call("GET", "/tenants", { token })).status]).toEqual([201, 200]);
  });

  it("is shown in no stored answer, whatever key makes the request the same", async () => {
    const headers = { "idempotency-key": "emergency-1" };
    const first = await byKey({}, headers);
    expect((await byKey({}, headers)).code).toBe("KN-1304");
    const { results } = await env.DB.prepare("SELECT * FROM idempotency").all();
    expect(JSON.stringify(results)).not.toContain(first.token);
  });

  it("opens nothing where it is switched off, whether it is right or not", async () => {
    const { token } = await byKey();
    expect((await byKey({ BREAK_GLASS: "off" })).code).toBe("KN-1110");
    expect((await byKey({ BREAK_GLASS: "off" }, {}, "wrong")).code).toBe("KN-1110");
    const headers = { authorization: `Bearer ${token}` };
    const answer = await ask(new Request(`${MANAGER}/api/v1/tenants`, { headers }), { BREAK_GLASS: "off" });
    expect(answer.status).toBe(403);
  });
});
