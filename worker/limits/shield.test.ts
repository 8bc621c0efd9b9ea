import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { networkOf } from "../../domain/limits/network.ts";
import { until } from "../../test/lib/until.ts";
import { createApp } from "../app.ts";
import type { Env } from "../env.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "../routing/define.ts";

const app = createApp();
/** See PUBLIC_SHIELD in wrangler.toml. */
const PER_MINUTE = 3_000;
/** Who stands behind one address, and comes back all at once. */
const HERD = 1_000;

const open = routes.filter(({ action }) => action === "public");

async function ask(route: Route, address: string, more: Partial<Env> = {}): Promise<Response> {
  const path = route.path.replace(/\{cluster\}/, "cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB").replace(/\{\w+\}/g, "x");
  const request = new Request(`https://kubenova.test${path}`, {
    method: route.method.toUpperCase(),
    headers: { "cf-connecting-ip": address, "content-type": "application/json" },
  });
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...more }, context);
  await waitOnExecutionContext(context);
  return response;
}

const named = (operationId: string): Route =>
  open.find((route) => route.operationId === operationId) as Route;

/** The object or the database that is touched says so. */
const untouchable = new Proxy({} as never, {
  get: () => {
    throw new Error("something was read");
  },
});

describe("a route that needs no credential", () => {
  it.each(open.map((route) => [route.operationId, route] as const))(
    "%s is counted by its network before anything is read",
    async (_, route) => {
      const keys: string[] = [];
      const PUBLIC_SHIELD = {
        limit: async ({ key }: { key: string }) => ({ success: keys.push(key) === 0 }),
      };
      const parts = { DB: untouchable, LIMITS: untouchable, CLUSTER: untouchable, OUTBOX: untouchable };
      const response = await ask(route, "2001:db8:12:3456:789a::1", { ...parts, PUBLIC_SHIELD });
      expect([response.status, response.headers.get("retry-after")]).toEqual([429, "60"]);
      expect(await response.json()).toMatchObject({ error: { code: "KN-1600" } });
      expect(keys).toEqual([
        expect.stringMatching(/^(login|refresh|enrol|tunnel|open) 2001:db8:12:3400::\/56$/),
      ]);
    },
  );

  it("is let in where the limiter does not answer", async () => {
    const PUBLIC_SHIELD = { limit: () => Promise.reject(new Error("the limiter is away")) };
    expect((await ask(named("getJwks"), "203.0.113.1", { PUBLIC_SHIELD })).status).toBe(200);
  });
});

describe("the deployed limit", () => {
  it("lets a thousand behind one address in at once, stops a flood, and nobody else and nothing else", async () => {
    const address = "203.0.113.77";
    const herd = await Promise.all(Array.from({ length: HERD }, () => ask(named("getHealth"), address)));
    expect(herd.filter(({ status }) => status !== 200)).toEqual([]);
    let sent = 0;
    const key = `enrol ${networkOf(address)}`;
    const isStopped = async (): Promise<boolean> => {
      await Promise.all(Array.from({ length: 500 }, () => env.PUBLIC_SHIELD?.limit({ key })));
      sent += 500;
      return (await ask(named("enrol"), address)).status === 429;
    };
    await until("the flood is stopped", isStopped, { deadlineMs: 50_000 });
    // A minute's share, and that of the minute before where one ended meanwhile.
    expect(sent).toBeGreaterThanOrEqual(PER_MINUTE);
    expect(sent).toBeLessThanOrEqual(2 * PER_MINUTE + 500);
    expect((await ask(named("enrol"), "203.0.113.78")).status).not.toBe(429);
    expect((await ask(named("refreshLogin"), address)).status).not.toBe(429);
  }, 60_000);
});
