import { ANNOTATION } from "../../domain/names/labels.ts";
import type { ActiveSpan, Tracer } from "../tracing/tracer.ts";
import type { Resource } from "./resources.ts";

/** What is written later than this after its change comes from something else: a tag that moved, a restart. */
const MAX_RENDER_MS = 600_000;

/**
 * From a changed resource to its graph, each change once: however often a controller looks before its module is fetched and
 * rendered, it is one span, which ends with the write of the graph.
 */
export interface RenderTraces {
  /** The span of the resource's change while its graph is not written; undefined where that is not traced. */
  of(resource: Resource): ActiveSpan | undefined;
  /** Its graph is about to be written. */
  rendered(resource: Resource): void;
  forget(resource: Resource): void;
}

interface Held {
  traceparent: string;
  span?: ActiveSpan;
  since: number;
}

/** @param monotonic milliseconds */
export function createRenderTraces(tracer: Tracer, monotonic: () => number): RenderTraces {
  const held = new Map<string, Held>();
  const begin = (key: string, traceparent: string, { kind, metadata }: Resource): Held => {
    const span = tracer.start(`render ${kind} ${metadata.name}`, traceparent, {
      "k8s.namespace.name": metadata.namespace,
      "kubenova.correlation_id": metadata.annotations?.[ANNOTATION.correlation],
    });
    const one = { traceparent, since: monotonic(), ...(span ? { span } : {}) };
    held.set(key, one);
    return one;
  };
  return {
    of(resource) {
      const key = keyOf(resource);
      const traceparent = resource.metadata.annotations?.[ANNOTATION.traceparent];
      if (traceparent === undefined) return void held.delete(key);
      const known = held.get(key);
      const one = known?.traceparent === traceparent ? known : begin(key, traceparent, resource);
      if (monotonic() - one.since > MAX_RENDER_MS) delete one.span;
      return one.span;
    },
    rendered(resource) {
      const one = held.get(keyOf(resource));
      one?.span?.end();
      delete one?.span;
    },
    forget: (resource) => void held.delete(keyOf(resource)),
  };
}

const keyOf = ({ kind, metadata: { namespace = "", name } }: Resource): string =>
  `${kind}/${namespace}/${name}`;
