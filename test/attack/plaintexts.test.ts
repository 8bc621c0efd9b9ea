import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../lib/api.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { type OidcServer, startOidcServer } from "../services/oidc-provider.ts";
import { makeCatalogue } from "./catalogue.ts";
import type { Garden } from "./plaintexts/garden.ts";
import { PLANTED, type Planted, SEALED } from "./plaintexts/operations.ts";
import { type Outside, startOutside } from "./plaintexts/outside.ts";
import { PLANTS } from "./plaintexts/plants.ts";
import { columnIn, everythingIn, type Kept, placesOf } from "./plaintexts/search.ts";

/** Secrets are planted through every operation that takes or makes one; then all that the manager keeps is looked through. */
let manager: Manager;
let oidc: OidcServer;
let outside: Outside;
let kept: Kept[];
let sealed: Map<string, unknown[]>;
/** What people read: logs, and the events of the API. */
const read: Kept[] = [];
const secrets = new Map<string, string[]>();
/** No secret, and so found everywhere: a search that finds nothing would prove nothing. */
const MARKER = `marker-${randomBytes(8).toString("hex")}`;
/** The queue's consumer waits so long for more messages (wrangler.toml). */
const ARCHIVED_DEADLINE_MS = 90_000;

async function eventsOf(api: ApiClient): Promise<Kept> {
  const all: unknown[] = [];
  for (let cursor = ""; ; ) {
    const page = await api.get<{ items: unknown[]; nextCursor: string | null }>(
      `/api/v1/events?limit=200${cursor && `&cursor=${cursor}`}`,
    );
    all.push(...page.body.items);
    if (!page.body.nextCursor) return { where: "events of the API", bytes: Buffer.from(JSON.stringify(all)) };
    cursor = encodeURIComponent(page.body.nextCursor);
  }
}

beforeAll(async () => {
  [oidc, outside] = await Promise.all([startOidcServer(), startOutside()]);
  manager = await startManager({
    workerLogs: true,
    vars: { LOG_LEVEL: "debug", OUTBOUND_ALLOW_HOSTS_TENANTS: `${oidc.host},${outside.host}` },
  });
  const api = new ApiClient(manager);
  const raw: Garden["raw"] = async (method, path, init = {}) =>
    (await fetch(`${manager.url}${path}`, { method, ...init })).text();
  const garden: Garden = {
    manager,
    api,
    raw,
    oidc: oidc.host,
    outside,
    fresh: () => randomBytes(24).toString("base64url"),
  };
  await makeCatalogue(api);
  for (const [operation, plant] of Object.entries(PLANTS)) secrets.set(operation, await plant(garden));
  secrets.set(
    "the ring",
    manager.keyRing.split(",").map((entry) => entry.split(":")[1] ?? ""),
  );
  secrets.set("the API client", [await api.bearer()]);
  await api.post("/api/v1/platform/keys:rotate", { tenant: null });
  const marked = { headers: { "x-correlation-id": MARKER } };
  await api.put("/api/v1/tenants/marked", { displayName: MARKER }, marked);
  const state = join(manager.dir, "state");
  await until(
    "the marker is archived",
    () => placesOf(everythingIn(join(state, "v3/r2")), MARKER).length > 0,
    {
      deadlineMs: ARCHIVED_DEADLINE_MS,
      everyMs: 1_000,
    },
  );
  read.push(await eventsOf(api));
  await manager.kill();
  read.push({ where: "log", bytes: readFileSync(join(manager.dir, "manager.log")) });
  kept = everythingIn(state);
  const valuesOf = (at: string) => columnIn(join(state, "v3/d1"), ...(at.split(".") as [string, string]));
  sealed = new Map(Object.keys(SEALED).map((at) => [at, valuesOf(at)]));
});
afterAll(async () => {
  await manager?.stop();
  await Promise.all([oidc?.close(), outside?.close()]);
});

describe("what is no secret", () => {
  it.each(["v3/d1/", "v3/do/", "v3/r2/", "events of the API", "log"])("is found in %s", (where) => {
    const places = placesOf([...kept, ...read], MARKER);
    expect(places.some((place) => place.startsWith(where))).toBe(true);
  });
});

describe("a secret that was planted", () => {
  it.each(Object.entries(PLANTED))("by %s is in no table, object, file, log or event: %s", (operation) => {
    const planted = secrets.get(operation as Planted) ?? [];
    expect(planted.length).toBeGreaterThan(0);
    for (const [at, secret] of planted.entries()) {
      expect(
        secret.length,
        `secret ${at} of ${operation} is long enough to be found by itself`,
      ).toBeGreaterThan(15);
      expect(placesOf([...kept, ...read], secret), `secret ${at} of ${operation}`).toEqual([]);
    }
  });

  it.each(["the ring", "the API client"])("by %s is nowhere either", (by) => {
    for (const secret of secrets.get(by) ?? []) expect(placesOf([...kept, ...read], secret)).toEqual([]);
  });
});

describe("a column of what is sealed", () => {
  it.each(Object.keys(SEALED))("%s holds sealed texts, and nothing else", (at) => {
    const values = sealed.get(at) ?? [];
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(value).toMatch(/^kn1\.[^.]+\.[\w-]+$/);
  });
});
