import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap, rawSpec } from "../e2e/lib.ts";
import { ApiClient } from "../lib/api.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { inParallel } from "./apps.ts";
import { plan } from "./plan.ts";

/**
 * One tenant that asks too much. Of invariant 5 this shows that the others' requests succeed and say what is so. How much
 * slower they are is printed and not asserted: it is the machine's, and no test fails by it.
 */
let manager: Manager;
let flood: ApiClient;
let quiet: ApiClient;

const FLOOD = plan.long ? 400 : 100;
const ASKED = plan.long ? 100 : 15;

beforeAll(async () => {
  manager = await startManager({ vars: { LOG_LEVEL: "error" } });
  const direct = { url: await manager.directUrl(), key: manager.key };
  flood = new ApiClient(direct);
  quiet = new ApiClient(direct);
  for (const tenant of ["loud", "quiet"]) {
    await quiet.post("/api/v1/tenants", { name: tenant });
    await quiet.post(`/api/v1/tenants/${tenant}/projects`, { name: "shop" });
  }
});
afterAll(async () => {
  flood?.close();
  quiet?.close();
  await manager?.stop();
});

const apps = (tenant: string): string => `/api/v1/tenants/${tenant}/projects/shop/apps`;
const spec = (version: string) => ({ spec: rawSpec([configMap("one", { version })]) });

/** The quiet tenant writes and reads back, again and again. @returns p99 of a request, in milliseconds */
async function askQuietly(name: string): Promise<number> {
  const times: number[] = [];
  const timed = async <T>(asked: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const answer = await asked();
    times.push(performance.now() - start);
    return answer;
  };
  for (let version = 1; version <= ASKED; version += 1) {
    const path = `${apps("quiet")}/${name}`;
    const put = await timed(() => quiet.put<{ revision: { number: number } }>(path, spec(String(version))));
    const got = await timed(() => quiet.get<typeof put.body>(path));
    expect([put.body.revision.number, got.body.revision.number]).toEqual([version, version]);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}

/** Goes on until told to stop. @returns the other answers than those that a flood may get, and how many there were in all */
function flooding(request: (at: number) => Promise<{ status: number }>) {
  let stopped = false;
  let at = 0;
  const wrong: number[] = [];
  const workers = Array.from({ length: FLOOD }, async () => {
    while (!stopped) {
      const { status } = await request(at++);
      if (![200, 201, 202, 409, 429].includes(status)) wrong.push(status);
    }
  });
  return async (): Promise<{ wrong: number[]; count: number }> => {
    stopped = true;
    await Promise.all(workers);
    return { wrong, count: at };
  };
}

const any = { expect: [200, 201, 202, 409, 429, 500, 503, 504] };
const FLOODS: Record<string, (at: number) => Promise<{ status: number }>> = {
  "writes of one app": (at) => flood.put(`${apps("loud")}/one`, spec(String(at)), any),
  "writes of new apps": (at) => flood.put(`${apps("loud")}/app-${at}`, spec("1"), any),
  "scans of long lists": () => flood.get(`${apps("loud")}?limit=200&sort=updatedAt`, any),
  "scans of all events": (at) => flood.get(`/api/v1/events?tenant=loud&actor=nobody&cursor=${at}`, any),
};

describe(`a tenant with ${FLOOD} requests at a time`, () => {
  it.each(Object.keys(FLOODS))("of %s leaves another's answers right", async (what) => {
    const name = `app-${Object.keys(FLOODS).indexOf(what)}`;
    const alone = await askQuietly(`${name}-alone`);
    const end = flooding(FLOODS[what] as (typeof FLOODS)[string]);
    const beside = await askQuietly(name).finally(end);
    const { wrong, count } = await end();
    process.stderr.write(
      `overload: ${what}: ${count} requests; p99 of the other ${alone.toFixed(0)} → ${beside.toFixed(0)} ms\n`,
    );
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(FLOOD);
  });

  it("that opens feeds without end is told to stop, and others open theirs", async () => {
    const feed = (client: ApiClient, tenant: string) =>
      client.open("GET", `/api/v1/events?tenant=${tenant}`, { headers: { accept: "text/event-stream" } });
    const url = await manager.directUrl();
    const many = Array.from({ length: 40 }, () => new ApiClient({ url, key: manager.key }));
    const statuses: number[] = [];
    await inParallel(
      Array.from({ length: 1_200 }, (_, n) => n),
      async (n) => {
        const client = many[n % many.length] as ApiClient;
        statuses.push((await feed(client, "loud")).statusCode ?? 0);
      },
    );
    const kinds = new Set(statuses);
    expect([...kinds].sort()).toEqual([200, 429]);
    const other = await feed(quiet, "quiet");
    expect(other.statusCode).toBe(200);
    const told = new Promise<string>((resolve) =>
      other.on("data", (chunk) => /app/.test(chunk) && resolve(String(chunk))),
    );
    await quiet.put(`${apps("quiet")}/told`, spec("1"));
    expect(await told).toContain("evt.app.created");
    other.destroy();
    for (const client of many) client.close();
  });
});
