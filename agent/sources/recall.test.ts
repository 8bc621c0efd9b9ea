import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { until } from "../../test/lib/until.ts";
import { silentLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { openCache } from "./cache/cache.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { createRecall, type Question } from "./recall.ts";
import { SourceError } from "./types.ts";

const never = new AbortController().signal;
const limits = { ...DEFAULT_LIMITS, tagTtlMs: 60_000, timeoutMs: 30_000 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recall-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A tag of a source that the test moves, breaks and counts. */
function setUp() {
  const clock = createManualClock();
  const remote = { version: "v1", asked: 0, sent: 0, fails: undefined as Error | undefined };
  const options = { folder, maxBytes: 2 ** 20, now: clock.now, log: silentLogger, metrics: createMetrics() };
  const start = () => {
    const cache = openCache(options);
    return createRecall({ cache: () => cache, clock, log: silentLogger, limits });
  };
  const question = (over: Partial<Question> = {}): Question => ({
    key: "registry/web:latest",
    namespace: "team-a",
    tenant: "acme",
    immutable: false,
    lane: "network",
    async ask(held) {
      remote.asked += 1;
      if (remote.fails) throw remote.fails;
      if (held?.revision === remote.version) return "unchanged";
      remote.sent += 1;
      const files = new Map([["version", Buffer.from(remote.version)]]);
      return { files, digest: `sha256:${remote.version}`, revision: remote.version };
    },
    ...over,
  });
  return { clock, remote, start, question };
}
const away = new SourceError("unreachable", "connection refused");

describe("a moving tag", () => {
  it("is believed for its TTL, then asked again; what has not moved does not travel", async () => {
    const { clock, remote, start, question } = setUp();
    const recall = start();
    expect((await recall(question(), never)).outcome).toBe("fetched");
    await clock.advance(59_999);
    expect((await recall(question(), never)).outcome).toBe("cached");
    await clock.advance(1);
    const again = await recall(question(), never);
    expect(again.outcome).toBe("unchanged");
    expect(again.fetched.fetchedAt).toBe(new Date(clock.now()).toISOString());
    expect(remote).toMatchObject({ asked: 2, sent: 1 });
  });

  it("that moved is fetched after its TTL", async () => {
    const { clock, remote, start, question } = setUp();
    const recall = start();
    await recall(question(), never);
    remote.version = "v2";
    expect((await recall(question(), never)).fetched.revision).toBe("v1");
    await clock.advance(60_000);
    expect((await recall(question(), never)).fetched).toMatchObject({ revision: "v2", digest: "sha256:v2" });
  });

  it("is answered by the cache while its source is away, also in a process that starts then; since when, it says", async () => {
    const { clock, remote, start, question } = setUp();
    await start()(question(), never);
    const fetchedAt = new Date(clock.now()).toISOString();
    remote.fails = away;
    const recall = start();
    const since = new Date(clock.now()).toISOString();
    expect((await recall(question(), never)).fetched).toMatchObject({
      revision: "v1",
      fetchedAt,
      stale: { since, reason: "connection refused" },
    });
    await clock.advance(20_000);
    expect((await recall(question(), never)).fetched.stale?.since).toBe(since);
    remote.fails = undefined;
    await clock.advance(20_000);
    const back = await recall(question(), never);
    expect([back.outcome, back.fetched.stale]).toEqual(["unchanged", undefined]);
  });

  it("whose source is away is not asked for each time", async () => {
    const { clock, remote, start, question } = setUp();
    const recall = start();
    await recall(question(), never);
    await clock.advance(60_000);
    remote.fails = away;
    for (let i = 0; i < 5; i += 1) expect((await recall(question(), never)).outcome).toBe("stale");
    expect(remote.asked).toBe(2);
    await clock.advance(10_000);
    await recall(question(), never);
    expect(remote.asked).toBe(3);
  });

  it.each(["unauthorized", "forbidden", "not-found", "digest-mismatch", "too-large", "invalid"] as const)(
    "that is refused as %s is not answered by the cache",
    async (kind) => {
      const { clock, remote, start, question } = setUp();
      const recall = start();
      await recall(question(), never);
      await clock.advance(60_000);
      remote.fails = new SourceError(kind, "no");
      await expect(recall(question(), never)).rejects.toMatchObject({ kind });
    },
  );
});

describe("what names its content", () => {
  it("is fetched once, and never asked for again", async () => {
    const { clock, remote, start, question } = setUp();
    await start()(question({ immutable: true }), never);
    await clock.advance(1e9);
    remote.fails = away;
    const { outcome, fetched } = await start()(question({ immutable: true }), never);
    expect([outcome, fetched.stale, remote.asked]).toEqual(["cached", undefined, 1]);
  });
});

describe("tenants", () => {
  it("get nothing by another's credentials: the key says whose they are", async () => {
    const { remote, start, question } = setUp();
    const recall = start();
    await recall(question({ key: "registry/web:1 credentials-a", immutable: true }), never);
    remote.fails = new SourceError("unauthorized", "no");
    const other = question({ key: "registry/web:1 credentials-b", immutable: true, namespace: "team-b" });
    await expect(recall(other, never)).rejects.toMatchObject({ kind: "unauthorized" });
  });

  it("do not wait behind another's source that stalls", async () => {
    const { start, question } = setUp();
    const recall = start();
    const stop = new AbortController();
    const stalled = Array.from({ length: 50 }, (_, i) =>
      recall(question({ key: `stalls-${i}`, ask: () => new Promise(() => {}) }), stop.signal).catch(
        () => "ended",
      ),
    );
    expect((await recall(question({ namespace: "team-b" }), never)).outcome).toBe("fetched");
    stop.abort(new Error("the test is over"));
    expect(new Set(await Promise.all(stalled))).toEqual(new Set(["ended"]));
  });
});

describe("a fetch", () => {
  it("is joined by those who want the same", async () => {
    const { remote, start, question } = setUp();
    const recall = start();
    const all = await Promise.all(Array.from({ length: 20 }, () => recall(question(), never)));
    expect(remote.asked).toBe(1);
    expect(new Set(all.map(({ fetched }) => fetched.digest))).toEqual(new Set(["sha256:v1"]));
  });

  it("ends at its time limit, whatever its source does", async () => {
    const { clock, start, question } = setUp();
    let told: unknown;
    const stalling = question({
      ask: (_, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            told = signal.reason;
            reject(new Error("torn"));
          }),
        ),
    });
    const late = start()(stalling, never);
    const refused = expect(late).rejects.toMatchObject({ kind: "timeout", message: "not here within 30 s" });
    await until("the fetch waits", () => clock.sleepers === 1);
    await clock.advance(30_000);
    await refused;
    expect(told).toBeInstanceOf(SourceError);
  });

  it("that its caller gives up ends with the caller's reason", async () => {
    const { clock, start, question } = setUp();
    const leaving = new AbortController();
    const given = start()(question({ ask: () => new Promise(() => {}) }), leaving.signal);
    await until("the fetch waits", () => clock.sleepers === 1);
    leaving.abort(new Error("left"));
    await expect(given).rejects.toThrow("left");
  });
});
