import type { NodeState } from "../../protocol/resources/graph.ts";
import type { Identity, KubeObject } from "../kube/index.ts";
import type { Hold } from "./cache.ts";
import type { GraphIdentity } from "./marks.ts";
import type { Graph, GraphNode } from "./model.ts";
import type { Schedule } from "./schedule.ts";

/** One node in one run of a graph. */
export interface NodeRun {
  readonly node: GraphNode;
  /** As it is sent, and its hash. */
  readonly desired: KubeObject;
  readonly hash: string;
  readonly hold: Hold;
  /** A watch of somebody else's object that stands in the way. */
  watch?: Hold;
  state: NodeState;
  message?: string | undefined;
  /** The object is there as this run wants it (observed nodes: it is there). */
  applied: boolean;
  /** It has been ready under this generation: from then on "not ready" is called Degraded. */
  wasReady: boolean;
  /** Failures in a row. */
  attempts: number;
  /** Monotonic; nothing is sent before. */
  notBefore: number;
  /** Corrections of drift in a row, and when the last one was. */
  corrections: number;
  correctedAt: number;
}

/** One generation of a graph's spec, being carried out. */
export interface Run {
  readonly generation: number;
  readonly identity: GraphIdentity;
  readonly as?: Identity;
  readonly auditId: () => string;
  readonly graph: Graph;
  readonly schedule: Schedule;
  readonly nodes: ReadonlyMap<string, NodeRun>;
  readonly startedAt: number;
  /** Sent anything, or failed at something. */
  acted: boolean;
}

/** Fights with another controller about a field: each correction in a row waits twice as long. */
const CORRECTION_BASE_MS = 1_000;
const CORRECTION_CAP_MS = 300_000;
/** So long without drift, and the next one is corrected at once again. */
const CORRECTION_CALM_MS = 60_000;

/** How long a correction has to wait, and what the count of corrections then is. Pure. */
export function nextCorrection(
  run: Pick<NodeRun, "corrections" | "correctedAt">,
  now: number,
): { waitMs: number; corrections: number } {
  const calm = now - run.correctedAt;
  if (run.corrections === 0 || calm > CORRECTION_CALM_MS + CORRECTION_CAP_MS)
    return { waitMs: 0, corrections: 1 };
  const gap = Math.min(CORRECTION_CAP_MS, CORRECTION_BASE_MS * 2 ** (run.corrections - 1));
  if (calm > CORRECTION_CALM_MS + gap) return { waitMs: 0, corrections: 1 };
  return { waitMs: Math.max(0, gap - calm), corrections: run.corrections + 1 };
}
