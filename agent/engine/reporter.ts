import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { ObjectRef } from "../kube/index.ts";
import type { EngineContext, LiveGraph } from "./context.ts";

/**
 * Kubernetes Events of a graph, aggregated: of a generation at most one each of Ready, Failed, Pruned and Adopted, and
 * one a drifted object. A first success makes none (the status says it, and events are writes): Ready is said where it
 * follows a change of what was there, or a failure.
 */
export interface Reporter {
  /** `sinceMs`: monotonic, when this version of it came. */
  begin(live: LiveGraph, sinceMs: number): void;
  pruned(ref: ObjectRef): void;
  /** Left in the cluster, without our mark, when its graph went. */
  letGo(ref: ObjectRef, why: string): void;
  adopted(ref: ObjectRef): void;
  drifted(ref: ObjectRef, note: string): void;
  status(live: LiveGraph, status: ResourceGraphStatus): void;
}

/** Names that a note spells out. */
const SHOWN = 5;

const RESULTS = new Map([
  ["Ready", "ready"],
  ["Degraded", "degraded"],
  ["Failed", "failed"],
] as const) as ReadonlyMap<ResourceGraphStatus["phase"], "ready" | "degraded" | "failed">;

export function createReporter(ctx: EngineContext): Reporter {
  let graph: LiveGraph | undefined;
  const said = new Set<string>();
  let isRepeat = false;
  let pruned: string[] = [];
  let adopted: string[] = [];
  /** Since when this has been under way; undefined once it came to rest. */
  let startedAt: number | undefined;

  const measure = (phase: ResourceGraphStatus["phase"]) => {
    const result = RESULTS.get(phase);
    if (startedAt === undefined || result === undefined) return;
    ctx.count.reconciled(result, (ctx.clock.monotonic() - startedAt) / 1_000);
    startedAt = undefined;
  };
  const record = (
    type: "Normal" | "Warning",
    reason: string,
    action: string,
    note: string,
    related?: ObjectRef,
  ) => {
    if (graph) ctx.record({ regarding: graph, type, reason, action, note, ...(related ? { related } : {}) });
  };
  const once = (reason: string, say: () => void) => {
    if (said.has(reason)) return;
    said.add(reason);
    say();
  };
  const resting = ({ message = "failed", phase }: ResourceGraphStatus) => {
    if (phase === "Failed") once("Failed", () => record("Warning", "Failed", "Apply", message));
    if (phase === "Failed" || phase === "Executing" || phase === "Deleting") return;
    if (pruned.length > 0) record("Normal", "Pruned", "Prune", `${listed(pruned)} left the graph and went`);
    if (adopted.length > 0) record("Normal", "Adopted", "Adopt", `took over ${listed(adopted)}`);
    if (phase === "Ready" && (isRepeat || said.has("Failed")))
      once("Ready", () => record("Normal", "Ready", "Apply", "all objects are applied and ready"));
    pruned = [];
    adopted = [];
  };

  return {
    begin(live, sinceMs) {
      const { status, metadata } = live;
      graph = live;
      startedAt = sinceMs;
      said.clear();
      pruned = [];
      adopted = [];
      // A process that starts anew does not say again what was said; nor is a first generation's success news.
      const isKnown = status?.observedGeneration === metadata.generation;
      if (isKnown) for (const reason of ["Failed", "Ready"]) said.add(reason);
      isRepeat = status?.observedGeneration !== undefined && !isKnown;
    },
    pruned: (ref) => void pruned.push(nameOf(ref)),
    adopted: (ref) => void adopted.push(nameOf(ref)),
    letGo: (ref, why) => record("Warning", "Kept", "Delete", `${nameOf(ref)} stays: ${why}`, ref),
    drifted: (ref, note) => record("Warning", "Drifted", "Observe", `${nameOf(ref)}: ${note}`, ref),
    status(_live, status) {
      measure(status.phase);
      resting(status);
    },
  };
}

const nameOf = ({ kind, name }: ObjectRef): string => `${kind} ${name}`;

const listed = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "");
