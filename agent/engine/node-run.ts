import type { FieldConflict, NodeState } from "../../protocol/resources/graph.ts";
import type { Identity, KubeObject } from "../kube/index.ts";
import type { Adoption } from "./adoption.ts";
import type { Hold } from "./hold.ts";
import type { GraphIdentity } from "./marks.ts";
import type { Graph, GraphNode } from "./model.ts";
import type { RunTrace } from "./run-trace.ts";
import type { Schedule } from "./schedule.ts";

/** One node in one run of a graph. */
export interface NodeRun {
  readonly node: GraphNode;
  /** As it is sent, and its hash: less of it where an autoscaler turns up (scaling.ts). */
  desired: KubeObject;
  hash: string;
  /** Of mode Create: see create.ts. */
  readonly runId?: string;
  readonly hold: Hold;
  /** A watch of somebody else's object that stands in the way. */
  watch?: Hold;
  state: NodeState;
  message?: string | undefined;
  /** While it is not ready: what that was read from. */
  readyDetails?: string[] | undefined;
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
  /** Sent whatever the hashes say: somebody asked for it. */
  resend: boolean;
  /** What others have changed, where it is not set back; `hash`: of our fields, as they then were. */
  drift?: { hash: string; text: string };
  /** UID of an object that is not there any more, says the API server. */
  absent?: string;
  /** Monotonic: since when it has been unready without a break, and when this run last applied it. */
  unreadySince?: number | undefined;
  appliedAt?: number;
  /** Fields that other managers hold, of the last refused apply. */
  conflicts?: readonly FieldConflict[] | undefined;
  /** What the last failure was about: when the world has changed since, it is tried again before its time. */
  failure?: { at: number; resourceVersion: string | undefined } | undefined;
  /** Fields that came back from our apply with another value. */
  mutated?: string | undefined;
  /** A watch of the pods of the workload of this UID. */
  pods?: { uid: string; release: () => void } | undefined;
  /** Whether who applies may read an object elsewhere (see sight.ts): the last answer, and how long it holds. */
  access?: { until: number; hidden?: string };
  /** Whose object may be read for expressions, or why not. */
  whole?: WholeRead;
  /** Hash of what was sent before a field of it was left to an autoscaler. */
  yielded?: string;
  /** When it was last asked whether an autoscaler is there, and the answer. */
  autoscaled?: { at: number; is: boolean };
}

/** `uid`: that object was read as the identity that applies. */
export interface WholeRead {
  uid?: string;
  problem?: string;
  at: number;
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
  /** Monotonic: an expression of this graph took too long, and none is evaluated before. */
  expressionsBarredUntil: number;
  readonly suspended: boolean;
  /** What may be taken over. */
  readonly adoption?: Adoption;
  readonly reportsDrift: boolean;
  /** See ANNOTATION.reconcileAt. */
  readonly reconcileAt?: string;
  /** Where the change that it comes from is traced. */
  readonly trace?: RunTrace;
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
