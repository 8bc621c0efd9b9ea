import { randomBytes } from "node:crypto";
import { formatTraceparent, parseTraceparent } from "../../domain/trace/context.ts";
import type { Attributes, Span, SpanKind } from "../../domain/trace/otlp.ts";
import type { Admission } from "./admission.ts";

/** A piece of work under way. Whoever has one ends it once; nothing waits for what becomes of it. */
export interface ActiveSpan {
  /** For what this work causes elsewhere. */
  readonly traceparent: string;
  child(name: string, attributes?: Attributes, kind?: SpanKind): ActiveSpan;
  /** @param error a short reason without secrets; absent where it went well */
  end(error?: string, attributes?: Attributes): void;
}

export interface Tracer {
  /**
   * A span under a context that came with a document; undefined where that is not traced, tracing is off, or the namespace
   * (`k8s.namespace.name` of the attributes) brings more traces than are taken.
   */
  start(
    name: string,
    traceparent: string | undefined,
    attributes?: Attributes,
    kind?: SpanKind,
  ): ActiveSpan | undefined;
}

/** The agent begins no traces of its own: it goes on with those of the changes that the manager sends. */
export const NO_TRACER: Tracer = { start: () => undefined };

/** @param wallClock milliseconds since 1970 */
export function createTracer(
  record: (span: Span) => void,
  wallClock: () => number,
  admission: Admission,
): Tracer {
  const begin = (
    parent: { traceId: string; spanId: string },
    name: string,
    attributes: Attributes = {},
    kind: SpanKind = "internal",
  ): ActiveSpan => {
    const context = { traceId: parent.traceId, spanId: randomBytes(8).toString("hex"), sampled: true };
    const startMs = wallClock();
    let ended = false;
    return {
      traceparent: formatTraceparent(context),
      child: (...more) => begin(context, ...more),
      end(error, more = {}) {
        if (ended) return;
        ended = true;
        if (!admission.takes(context.traceId)) return;
        record({
          ...{ traceId: context.traceId, spanId: context.spanId, parentSpanId: parent.spanId },
          ...{ name, kind, startMs, endMs: wallClock() },
          attributes: { ...attributes, ...more },
          ...(error === undefined ? {} : { error }),
        });
      },
    };
  };
  return {
    start(name, traceparent, ...more) {
      const parent = parseTraceparent(traceparent);
      if (!parent?.sampled) return undefined;
      const namespace = String(more[0]?.["k8s.namespace.name"] ?? "");
      return admission.admits(parent.traceId, namespace) ? begin(parent, name, ...more) : undefined;
    },
  };
}

/** Runs work within a span; what it throws fails the span, and goes on. */
export async function within<T>(span: ActiveSpan | undefined, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    span?.end();
    return result;
  } catch (error) {
    span?.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
