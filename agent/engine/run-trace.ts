import { ANNOTATION } from "../../domain/names/labels.ts";
import type { NodeState, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { type ActiveSpan, type Tracer, within } from "../tracing/tracer.ts";
import type { LiveGraph } from "./context.ts";
import { type GraphNode, graphKeyOf } from "./model.ts";
import { RESTING } from "./status.ts";

/** A node in a run, as far as a trace tells of it. */
interface Traced {
  readonly node: Pick<GraphNode, "id" | "ref">;
  state: NodeState;
  message?: string | undefined;
}

/**
 * One run of a graph in the trace of the change that it comes from: a span of the whole, until it first comes to rest, and
 * under it one for each apply and for the time until the object is ready. A run that sent nothing leaves nothing.
 */
export interface RunTrace {
  applying<T>(one: Traced, work: () => Promise<T>): Promise<T>;
  /** The node's object is as it should be, and this ready. */
  settled(one: Traced): void;
  told(status: ResourceGraphStatus): void;
  /** The run is over, whatever came of it. */
  end(): void;
}

/** @returns undefined where the change is not traced */
export function traceRun(tracer: Tracer, live: LiveGraph): RunTrace | undefined {
  const key = graphKeyOf(live);
  const generation = live.metadata.generation ?? 0;
  const attributes = {
    ...{ "kubenova.graph": key, "kubenova.generation": generation },
    "k8s.namespace.name": live.metadata.namespace,
    ...labelsOf(live),
  };
  const whole = tracer.start(`graph ${key}`, live.metadata.annotations?.[ANNOTATION.traceparent], attributes);
  if (!whole) return undefined;
  const waiting = new Map<string, ActiveSpan>();
  let acted = false;
  let over = false;
  const end = (error?: string, phase?: string) => {
    if (over) return;
    over = true;
    for (const span of waiting.values()) span.end("not ready when its graph came to rest");
    waiting.clear();
    if (acted) whole.end(error, phase ? { "kubenova.phase": phase } : {});
  };
  return {
    async applying(one, work) {
      if (over) return work();
      acted = true;
      const { id, ref } = one.node;
      const result = await within(whole.child(`apply ${ref.kind} ${ref.name}`, nodeOf(one), "client"), work);
      if (!over && !waiting.has(id))
        waiting.set(id, whole.child(`ready ${ref.kind} ${ref.name}`, nodeOf(one)));
      return result;
    },
    settled({ node: { id }, state, message }) {
      if (state !== "Ready" && state !== "Failed") return;
      waiting.get(id)?.end(state === "Failed" ? (message ?? "failed") : undefined);
      waiting.delete(id);
    },
    told({ phase, message, observedGeneration }) {
      if (!phase || observedGeneration !== generation || !RESTING.includes(phase)) return;
      end(phase === "Failed" ? (message ?? "failed") : undefined, phase);
    },
    end: () => end("superseded, or the agent ended"),
  };
}

const nodeOf = ({ node: { id, ref } }: Traced) => ({
  "kubenova.node": id,
  "k8s.object.api_version": ref.apiVersion,
  "k8s.object.kind": ref.kind,
  "k8s.object.name": ref.name,
  "k8s.namespace.name": ref.namespace,
});

/** decisions.md 19. */
const labelsOf = ({ spec: { labels = {} } }: LiveGraph) => ({
  "kubenova.tenant": labels["kubenova.io/tenant"],
  "kubenova.project": labels["kubenova.io/project"],
  "kubenova.app": labels["kubenova.io/app"],
  "kubenova.environment": labels["kubenova.io/environment"],
  "kubenova.cluster": labels["kubenova.io/cluster"],
});
