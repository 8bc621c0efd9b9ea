import { describe, expect, it } from "vitest";
import type { NodeStatus } from "../../protocol/resources/graph.ts";
import { shownNodes } from "./shown-nodes.ts";
import { type Snapshot, sameStatus, statusOf } from "./status.ts";

const node = (id: string, state: NodeStatus["state"]): NodeStatus => ({
  id,
  kind: "ConfigMap",
  name: id,
  state,
});
const snapshot = (phase: Snapshot["phase"], generation = 1): Snapshot => ({
  generation,
  phase,
  counts: { total: 1, ready: 1, failed: 0 },
  nodes: [node("a", "Ready")],
});
const EARLY = "2026-01-01T00:00:00.000Z";
const LATE = "2026-01-02T00:00:00.000Z";

describe("a graph's status", () => {
  it("of the same state is the same, whenever it is made: a restart writes nothing", () => {
    const stored = statusOf(snapshot("Ready"), undefined, {}, EARLY);
    expect(sameStatus(statusOf(snapshot("Ready"), stored, {}, LATE), stored)).toBe(true);
  });

  it("keeps the time of each condition that did not change", () => {
    const executing = statusOf(snapshot("Executing"), undefined, {}, EARLY);
    const failed = statusOf({ ...snapshot("Failed"), message: "no" }, executing, {}, LATE);
    expect(failed.since).toBe(LATE);
    expect(
      failed.conditions?.map(({ type, status, lastTransitionTime }) => [type, status, lastTransitionTime]),
    ).toEqual([
      ["Ready", "False", EARLY],
      ["Reconciling", "False", LATE],
      ["Stalled", "True", LATE],
    ]);
  });

  it("shows what is not ready first, and no more than it may", () => {
    const nodes = [node("a", "Ready"), node("b", "Progressing"), node("c", "Failed")];
    expect(shownNodes(nodes, 2).map(({ id }) => id)).toEqual(["c", "b"]);
  });
});

describe("a node's status", () => {
  it("keeps the time since when it is in its state, and says a new one when that changes", () => {
    const stored = statusOf(snapshot("Ready"), undefined, {}, EARLY);
    expect(statusOf(snapshot("Ready"), stored, {}, LATE).nodes?.[0]?.since).toBe(EARLY);
    const degraded = { ...snapshot("Degraded"), nodes: [node("a", "Degraded")] };
    expect(statusOf(degraded, stored, {}, LATE).nodes?.[0]?.since).toBe(LATE);
  });
});
