import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../test/kube/manual-clock.ts";
import { until } from "../../../test/lib/until.ts";
import type { Standing, Wish } from "./attempt.ts";
import { createAttempts } from "./attempts.ts";
import { RenderingError, type Retry } from "./failure.ts";
import type { RenderJob } from "./job.ts";
import type { Gathered, Pipeline } from "./pipeline.ts";
import type { Room } from "./work.ts";

const job: RenderJob = {
  namespace: "acme",
  tenant: "acme",
  actor: { applyAs: { kind: "Agent" } },
  cueRef: { type: "oci", ref: "registry.example/web:1" },
  input: {},
  policies: [],
  context: { name: "web", namespace: "acme" },
};
const wish = (hash: string, more: Partial<Wish> = {}): Wish => ({
  ...{ key: "Transform/acme/web", hash, group: "acme", job: { ...job, input: { hash } }, isFar: true },
  ...more,
});
const failure = (retry: Retry, stage: RenderingError["stage"] = "Fetched") =>
  new RenderingError({ stage, reason: "Test", retry, errors: [{ message: "no" }] });

/** Attempts over a pipeline that does what the test says. */
function setUp(pipeline: Partial<Pipeline> = {}) {
  const clock = createManualClock();
  const stop = new AbortController();
  const counts: string[] = [];
  const changed: string[] = [];
  const world = { digest: "sha256:1", evaluations: 0, gatherings: 0 };
  const room: Room = (_, __, work) => work();
  const attempts = createAttempts({
    pipeline: {
      async gather({ input }) {
        world.gatherings += 1;
        const source = { digest: world.digest, fetchedAt: new Date(clock.now()).toISOString() };
        const renderHash = `${world.digest} ${JSON.stringify(input)}`;
        return { about: { source, policies: [], renderHash }, request: { input } } as unknown as Gathered;
      },
      async evaluate({ about }) {
        world.evaluations += 1;
        const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: about.renderHash } };
        return { nodes: [{ id: "a", object }], violations: [], languageVersions: { cue: "v0" } };
      },
      ...pipeline,
    },
    ...{ room, clock, random: () => 0.5, signal: stop.signal },
    onChanged: (key) => changed.push(key),
    onFault: () => {},
    count: (result) => counts.push(result),
  });
  const becomes = async (of: Wish, state: Standing["state"]) => {
    await until(`it is ${state}`, () => attempts.stand(of).state === state);
    return attempts.stand(of);
  };
  return { clock, stop, counts, changed, world, attempts, becomes };
}

describe("the newest wish of a resource", () => {
  it("is the one that is worked on: an older one is broken off, and its end tells nothing", async () => {
    const gates: { ended: AbortSignal; input: unknown }[] = [];
    const { attempts, becomes, changed } = setUp({
      gather: async ({ input }, ended) => {
        gates.push({ ended, input });
        if (gates.length < 50) await new Promise((_, reject) => ended.addEventListener("abort", reject));
        const about = { source: { digest: "d", fetchedAt: "" }, policies: [], renderHash: "h" };
        return { about, request: {} } as unknown as Gathered;
      },
    });
    for (let n = 1; n <= 50; n++) attempts.stand(wish(`${n}`));
    await becomes(wish("50"), "rendered");
    expect(gates.slice(0, 49).every(({ ended }) => ended.aborted)).toBe(true);
    expect(gates.at(-1)?.input).toEqual({ hash: "50" });
    expect(changed).toEqual(["Transform/acme/web"]);
  });

  it("is rendered once, however often it is asked for", async () => {
    const { becomes, attempts, world } = setUp();
    await becomes(wish("1"), "rendered");
    for (let n = 0; n < 10; n++) attempts.stand(wish("1"));
    expect(world).toMatchObject({ gatherings: 1, evaluations: 1 });
  });
});

describe("what moves", () => {
  it("is looked at again by its interval, and evaluated only where it has moved", async () => {
    const { becomes, clock, world, changed, counts } = setUp();
    const moving = wish("1", { intervalMs: 60_000 });
    await becomes(moving, "rendered");
    await clock.advance(70_000);
    await until("it was looked at again", () => world.gatherings === 2);
    await until("it was judged", () => counts.length === 2);
    expect(world.evaluations).toBe(1);
    expect(changed).toHaveLength(1);
    world.digest = "sha256:2";
    await clock.advance(70_000);
    await until("the new one is rendered", () => world.evaluations === 2);
    await until("it is told", () => changed.length === 2);
  });

  it("is looked at at once where somebody saw it change, and once more where that was during a look", async () => {
    const { becomes, attempts, world, clock } = setUp();
    await becomes(wish("1"), "rendered");
    attempts.poke(wish("1").key);
    attempts.poke(wish("1").key);
    await clock.advance(1);
    await until("both were heard", () => world.gatherings >= 2);
  });
});

describe("what fails", () => {
  it("is not tried again where the module is at fault, until the input changes", async () => {
    let evaluations = 0;
    const { becomes, clock, world } = setUp({
      evaluate: async () => {
        evaluations += 1;
        throw failure("never", "Rendered");
      },
    });
    await becomes(wish("1"), "failed");
    await clock.advance(3_600_000);
    expect({ evaluations, gatherings: world.gatherings }).toEqual({ evaluations: 1, gatherings: 1 });
    await becomes(wish("2"), "failed");
    expect(evaluations).toBe(2);
  });

  it("is not evaluated again where a moving reference has not moved, and is where it has", async () => {
    let evaluations = 0;
    const { becomes, clock, world, counts } = setUp({
      evaluate: async () => {
        evaluations += 1;
        throw failure("never", "Rendered");
      },
    });
    await becomes(wish("1", { intervalMs: 10_000 }), "failed");
    await clock.advance(12_000);
    await until("it was looked at", () => counts.length === 2);
    expect(evaluations).toBe(1);
    world.digest = "sha256:2";
    await clock.advance(12_000);
    await until("what came was evaluated", () => evaluations === 2);
  });

  it("is tried again after pauses that grow, where a source is away, and heals", async () => {
    let isAway = true;
    const times: number[] = [];
    const { becomes, clock, attempts } = setUp({
      gather: async () => {
        times.push(clock.monotonic());
        if (isAway) throw failure("soon");
        const about = { source: { digest: "d", fetchedAt: "" }, policies: [], renderHash: "h" };
        return { about, request: {} } as unknown as Gathered;
      },
    });
    await becomes(wish("1"), "failed");
    for (let n = 0; n < 200 && times.length < 6; n++) await clock.advance(1_000);
    const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(5);
    for (const [at, pause] of pauses.slice(1).entries())
      expect(pause).toBeGreaterThanOrEqual(pauses[at] ?? 0);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(61_000);
    isAway = false;
    await clock.advance(60_000);
    await until("it is well", () => attempts.stand(wish("1")).state === "rendered");
  });

  it("takes nothing from what was rendered before, where the source has gone away since", async () => {
    let isAway = false;
    const { becomes, clock, attempts } = setUp({
      gather: async () => {
        if (isAway) throw failure("soon");
        const about = { source: { digest: "d", fetchedAt: "" }, policies: [], renderHash: "h" };
        return { about, request: {} } as unknown as Gathered;
      },
    });
    const moving = wish("1", { intervalMs: 10_000 });
    await becomes(moving, "rendered");
    isAway = true;
    await clock.advance(12_000);
    const stale = () => {
      const standing = attempts.stand(moving);
      return standing.state === "rendered" && standing.good.source.stale?.reason === "no";
    };
    await until("it is stale", stale);
    isAway = false;
    await clock.advance(10_000);
    await until("it is fresh", () => !stale());
  });

  it("for want of rights is tried at once when rights are given", async () => {
    let mayRead = false;
    const { becomes, attempts } = setUp({
      gather: async () => {
        if (!mayRead) throw failure("slow");
        const about = { source: { digest: "d", fetchedAt: "" }, policies: [], renderHash: "h" };
        return { about, request: {} } as unknown as Gathered;
      },
    });
    await becomes(wish("1"), "failed");
    mayRead = true;
    attempts.retryNow("another");
    expect(attempts.peek(wish("1").key)?.state).toBe("failed");
    attempts.retryNow("acme");
    await becomes(wish("1"), "rendered");
  });
});

describe("nodes", () => {
  it("are let go where the graph holds them, and come again when they are wanted", async () => {
    const { becomes, attempts, world } = setUp();
    const standing = await becomes(wish("1"), "rendered");
    if (standing.state !== "rendered") throw new Error(standing.state);
    const { nodesHash } = standing.good;
    attempts.letGo(wish("1").key, "another");
    expect(standing.good.nodes).toBeDefined();
    attempts.letGo(wish("1").key, nodesHash);
    expect(standing.good.nodes).toBeUndefined();
    attempts.again(wish("1").key);
    const nodes = () => {
      const now = attempts.peek(wish("1").key);
      return now?.state === "rendered" ? now.good.nodes : undefined;
    };
    await until("they are there", () => nodes() !== undefined);
    expect(world.evaluations).toBe(2);
  });
});
