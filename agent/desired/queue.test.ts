import { describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { until } from "../../test/lib/until.ts";
import { KubeError } from "../kube/index.ts";
import type { DesiredItem } from "./document.ts";
import { WaitingError } from "./failures.ts";
import type { Job } from "./job.ts";
import { createKeyQueue, GIVE_UP_ACK_MS, PENDING_AFTER_MS } from "./queue.ts";

const away = new KubeError("no answer", { kind: "transient", status: 0, reason: "Network" });
const invalid = new KubeError("spec.x: unknown", { kind: "invalid", status: 422, reason: "Invalid" });

function setUp(attempt: (job: Job) => Promise<void>) {
  const clock = createManualClock();
  const stop = new AbortController();
  const events: string[] = [];
  const queue = createKeyQueue({
    attempt,
    onPending: ({ item }, message) => events.push(`pending ${item.key} ${item.revision}: ${message}`),
    onRefused: ({ item }, message) => events.push(`refused ${item.key} ${item.revision}: ${message}`),
    clock,
    random: () => 1,
    signal: stop.signal,
  });
  const push = (key: string, revision: number, epochId = "e1") => {
    const item: DesiredItem = { op: "tombstone", key, revision, correlationId: "c" };
    const name = `${key} ${revision}`;
    const settle = (refusal?: string) => events.push(refusal ? `${name} given up` : `${name} stored`);
    queue.push({ item, epochId, settle });
  };
  return { clock, stop, events, queue, push };
}

describe("documents of one key", () => {
  it("are written in order, and the newest replaces those that wait", async () => {
    const written: number[] = [];
    const gate = Promise.withResolvers<void>();
    const { push, events } = setUp(async ({ item }) => {
      written.push(item.revision);
      if (item.revision === 1) await gate.promise;
    });
    for (const revision of [1, 2, 3]) push("a", revision);
    gate.resolve();
    await until("all settled", () => events.length === 3);
    expect(written).toEqual([1, 3]);
    expect(events).toEqual(["a 1 stored", "a 2 stored", "a 3 stored"]);
  });

  it("an older one that comes later is not written", async () => {
    const written: number[] = [];
    const gate = Promise.withResolvers<void>();
    const { push, events } = setUp(async ({ item }) => {
      written.push(item.revision);
      await gate.promise;
    });
    for (const revision of [4, 9, 7, 2]) push("a", revision);
    gate.resolve();
    await until("all settled", () => events.length === 4);
    expect(written).toEqual([4, 9]);
  });

  it("do not wait for another key that cannot be written", async () => {
    const { push, events } = setUp(async ({ item }) => {
      if (item.key === "stuck") throw new WaitingError("namespace missing");
    });
    push("stuck", 1);
    for (let i = 0; i < 100; i += 1) push(`k${i}`, 1);
    await until("the others are stored", () => events.length === 100);
    expect(events).not.toContain("stuck 1 stored");
  });

  it("a newer one takes over at once from one that waits for its next try", async () => {
    let fails = true;
    const { push, events } = setUp(async () => {
      if (fails) throw away;
    });
    push("a", 1);
    await until("the first try", () => true);
    fails = false;
    push("a", 2);
    await until("both settled", () => events.length === 2);
    expect(events).toEqual(["a 1 stored", "a 2 stored"]);
  });
});

describe("a failure", () => {
  it("of the API server is retried for hours, told as pending, and never acked", async () => {
    let tries = 0;
    const { clock, push, events } = setUp(async () => {
      tries += 1;
      throw away;
    });
    push("a", 1);
    await clock.advance(2 * 3_600_000);
    expect(events).toEqual(["pending a 1: no answer"]);
    expect(tries).toBeGreaterThan(400);
  });

  it("for want of a namespace is told after a while, acked as refused later, and still retried", async () => {
    let there = false;
    let written = false;
    const { clock, push, events } = setUp(async () => {
      if (!there) throw new WaitingError('namespaces "x" not found');
      written = true;
    });
    push("a", 1);
    await clock.advance(PENDING_AFTER_MS + 6_000);
    expect(events).toEqual(['pending a 1: namespaces "x" not found']);
    await clock.advance(GIVE_UP_ACK_MS);
    expect(events[1]).toBe("a 1 given up");
    there = true;
    await clock.advance(6_000);
    expect(written).toBe(true);
    expect(events).toHaveLength(2);
  });

  it("that can never succeed is refused at once", async () => {
    const { push, events } = setUp(async () => {
      throw invalid;
    });
    push("a", 1);
    await until("refused", () => events.length === 2);
    expect(events).toEqual(["refused a 1: spec.x: unknown", "a 1 given up"]);
  });
});

describe("another epoch", () => {
  it("drops what waits, and writes only its own", async () => {
    const written: string[] = [];
    let fails = true;
    const { clock, push, queue } = setUp(async ({ item, epochId }) => {
      if (fails) throw away;
      written.push(`${item.key} ${epochId}`);
    });
    push("a", 5);
    push("b", 5);
    await clock.advance(1_000);
    queue.clear();
    fails = false;
    push("a", 1, "e2");
    await clock.advance(60_000);
    expect(written).toEqual(["a e2"]);
    expect(queue.size).toBe(0);
  });
});
