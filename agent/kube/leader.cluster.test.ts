import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fixture, kubeFixture } from "../../test/kube/fixture.ts";
import { createManualClock, type ManualClock } from "../../test/kube/manual-clock.ts";
import { startRelay, type TcpRelay } from "../../test/kube/tcp-relay.ts";
import { until } from "../../test/lib/until.ts";
import { createKube, type LeaderElection, startLeaderElection } from "./index.ts";
import { kubeconfigSource } from "./kubeconfig.ts";

const HOUR_MS = 3_600_000;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await kubeFixture("kube-leader");
});
afterAll(() => fixture?.close());

interface Candidate {
  clock: ManualClock;
  relay: TcpRelay;
  election: LeaderElection;
  log: string[];
  stopped: boolean;
}
let candidates: Candidate[] = [];
const closers: (() => unknown)[] = [];
afterEach(async () => {
  // A candidate that is cut off cannot release; its requests must at least end.
  for (const { relay } of candidates) relay.restore();
  await Promise.all(candidates.map(({ election }) => election.stop()));
  for (const close of closers.splice(0).reverse()) await close();
  candidates = [];
});

/** A candidate with a clock and a network of its own. */
async function stand(lease: string, identity: string, wallOffsetMs = 0, ended?: string): Promise<Candidate> {
  const source = await kubeconfigSource({ file: fixture.kubeconfig });
  const relay = await startRelay(source.server.href);
  const kube = createKube({ ...source, server: relay.url });
  const clock = createManualClock(undefined, wallOffsetMs);
  const log: string[] = [];
  const election = startLeaderElection(kube, {
    lease: { namespace: fixture.namespace, name: lease },
    identity,
    ...(ended === undefined ? {} : { ended }),
    clock,
    random: () => 0,
    onStartedLeading: async (signal) => {
      log.push("started");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    onStoppedLeading: () => log.push("stopped"),
  });
  const candidate = { clock, relay, election, log, stopped: false };
  candidates.push(candidate);
  closers.push(
    () => relay.close(),
    () => kube.close(),
  );
  return candidate;
}

/**
 * One second on all clocks, once every candidate waits for its clock and not for the server: how fast the machine is
 * must not decide who leads. Who leads waits for two things, the next renewal and the deadline.
 */
async function second(): Promise<void> {
  const waits = ({ clock, log }: Candidate) => clock.sleepers >= (log.at(-1) === "started" ? 2 : 1);
  const standing = candidates.filter(({ stopped }) => !stopped);
  await until("the candidates wait for their clocks", () => standing.every(waits));
  for (const { clock } of candidates) await clock.advance(1_000);
  expect(candidates.filter(({ election }) => election.leading).length).toBeLessThanOrEqual(1);
}

/** Answers the seconds it took. */
async function secondsUntil(condition: () => boolean): Promise<number> {
  for (let seconds = 0; seconds < 120; seconds += 1) {
    if (condition()) return seconds;
    await second();
  }
  throw new Error("two minutes have passed");
}

describe("leader election", () => {
  it("chooses one, and the next at once when that one stops", async () => {
    const a = await stand("handover", "a");
    await until("a leads", () => a.election.leading);
    const b = await stand("handover", "b");
    await until("b sees a", () => b.election.leader === "a");
    await a.election.stop();
    a.stopped = true;
    expect(a.log).toEqual(["started", "stopped"]);
    expect(await secondsUntil(() => b.election.leading)).toBeLessThanOrEqual(3);
    expect(b.election.transitions).toBe(1);
  });

  it.each([
    ["ahead", HOUR_MS],
    ["behind", -HOUR_MS],
  ])("is not moved by a wall clock an hour %s", async (name, offset) => {
    const a = await stand(`skew-${name}`, "a");
    await until("a leads", () => a.election.leading);
    const b = await stand(`skew-${name}`, "b", offset);
    for (let n = 0; n < 60; n += 1) await second();
    expect(a.election.transitions).toBe(0);
    expect([a.election.leading, b.election.leading]).toEqual([true, false]);
    expect(b.log).toEqual([]);
  });

  it("passes on from a leader that is cut off, which has stopped before", async () => {
    const a = await stand("cut", "a");
    await until("a leads", () => a.election.leading);
    const b = await stand("cut", "b");
    await until("b sees a", () => b.election.leader === "a");
    a.relay.cut();
    await secondsUntil(() => a.log.includes("stopped"));
    expect(b.election.leading).toBe(false);
    await secondsUntil(() => b.election.leading);
    a.relay.restore();
    await secondsUntil(() => a.election.leader === "b");
    expect(a.election.leading).toBe(false);
  });

  it("passes at once to the next process of the pod whose last one was killed, and to no other's", async () => {
    const killed = await stand("pod", "pod-a_1_x");
    await until("the first leads", () => killed.election.leading);
    killed.relay.cut();
    const other = await stand("pod", "pod-b_2_x", 0, "pod-b_2_");
    await until("the other pod sees it", () => other.election.leader === "pod-a_1_x");
    expect(other.election.leading).toBe(false);
    // No clock has moved.
    const next = await stand("pod", "pod-a_1_y", 0, "pod-a_1_");
    await until("the next one leads", () => next.election.leading);
    expect(other.election.leading).toBe(false);
  });

  it("gives up at its deadline also where a renewal hangs", async () => {
    const a = await stand("hang", "a");
    await until("a leads", () => a.election.leading);
    a.relay.stall();
    await a.clock.advance(10_000);
    expect(a.election.leading).toBe(false);
    expect(a.election.sinceRenewalMs()).toBeGreaterThanOrEqual(10_000);
    a.relay.cut();
    await until("it has stopped", () => a.log.includes("stopped"));
  });

  it("is refused to a read-only client", async () => {
    const kube = await fixture.another({ readOnly: true });
    const lease = { namespace: fixture.namespace, name: "x" };
    expect(() => startLeaderElection(kube, { lease, identity: "a", onStartedLeading: () => {} })).toThrow(
      "read-only",
    );
    kube.close();
  });
});
