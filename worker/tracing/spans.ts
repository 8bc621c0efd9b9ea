import { type TraceTarget, traceTarget } from "../../domain/trace/config.ts";
import { formatTraceparent, parseTraceparent, type TraceContext } from "../../domain/trace/context.ts";
import type { Attributes, SpanKind } from "../../domain/trace/otlp.ts";
import { TraceSampler } from "../../domain/trace/sampler.ts";
import type { Env } from "../env.ts";
import { spans } from "./export.ts";

type TraceEnv = Pick<
  Env,
  "OTEL_EXPORTER_OTLP_ENDPOINT" | "OTEL_EXPORTER_OTLP_HEADERS" | "OTEL_TRACES_SAMPLER_ARG"
>;

let read: { from: string; target: TraceTarget | undefined; ratio: number } | undefined;

/** What the variables say, read once an isolate. A mistake in them turns tracing off, and is logged once. */
function configOf(env: TraceEnv): { target: TraceTarget | undefined; ratio: number } {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = env;
  const from = JSON.stringify([endpoint, headers, env.OTEL_TRACES_SAMPLER_ARG]);
  if (read?.from === from) return read;
  try {
    read = { from, target: traceTarget(endpoint, headers), ratio: ratioOf(env.OTEL_TRACES_SAMPLER_ARG) };
  } catch (error) {
    console.error(JSON.stringify({ message: "tracing is off", error: (error as Error).message }));
    read = { from, target: undefined, ratio: 0 };
  }
  return read;
}

function ratioOf(text: string | undefined): number {
  const ratio = text?.trim() ? Number(text) : 1;
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new TypeError("OTEL_TRACES_SAMPLER_ARG: a number from 0 to 1");
}

export const targetOf = (env: TraceEnv): TraceTarget | undefined => configOf(env).target;

/**
 * A piece of work under way, as a span. It is exported when it has ended. Time stands still in this runtime but for I/O:
 * a span without any has no length.
 */
export class ActiveSpan {
  readonly context: TraceContext;
  readonly #parent: string | undefined;
  readonly #start: { name: string; kind: SpanKind; startMs: number; attributes: Attributes };

  constructor(
    parent: Pick<TraceContext, "traceId"> & Partial<TraceContext>,
    start: { name: string; kind: SpanKind; startMs: number; attributes: Attributes },
  ) {
    this.context = { traceId: parent.traceId, spanId: randomHex(8), sampled: true };
    this.#parent = parent.spanId;
    this.#start = start;
  }

  get traceparent(): string {
    return formatTraceparent(this.context);
  }

  child(name: string, kind: SpanKind, attributes: Attributes = {}): ActiveSpan {
    return new ActiveSpan(this.context, { name, kind, startMs: Date.now(), attributes });
  }

  /** Runs work as a child of this span; what it throws fails the child, and goes on. */
  async around<T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    work: (span: ActiveSpan) => Promise<T>,
  ): Promise<T> {
    const span = this.child(name, kind, attributes);
    try {
      const result = await work(span);
      span.end();
      return result;
    } catch (error) {
      span.end({ error: error instanceof Error ? error.name : "error" });
      throw error;
    }
  }

  /** @param error a short reason without secrets; absent where it went well */
  end({
    name,
    error,
    attributes = {},
  }: {
    name?: string;
    error?: string;
    attributes?: Attributes;
  } = {}): void {
    const { traceId, spanId } = this.context;
    spans.add({
      ...{ traceId, spanId },
      ...(this.#parent ? { parentSpanId: this.#parent } : {}),
      ...this.#start,
      ...(name ? { name } : {}),
      endMs: Date.now(),
      attributes: { ...this.#start.attributes, ...attributes },
      ...(error ? { error } : {}),
    });
  }
}

/** This isolate's. */
const sampler = new TraceSampler();

/**
 * The span of a request; undefined where tracing is off, or this trace is not recorded. Under the caller's trace where the
 * caller is known: nobody else puts spans into one that exists.
 */
export function beginTrace(
  env: TraceEnv,
  { traceparent, caller }: { traceparent: string | undefined; caller: string | undefined },
  start: { name: string; startMs: number },
): ActiveSpan | undefined {
  const { target, ratio } = configOf(env);
  if (!target) return undefined;
  const parent = parseTraceparent(traceparent);
  if (!sampler.isTraced({ parent, caller, ratio, draw: Math.random(), now: Date.now() })) return undefined;
  const under = (caller === undefined ? undefined : parent) ?? { traceId: randomHex(16) };
  return new ActiveSpan(under, { ...start, kind: "server", attributes: {} });
}

/** A span under a context that came with a document; undefined where tracing is off or the text is no context. */
export function continueTrace(
  env: TraceEnv,
  traceparent: string | null,
  start: { name: string; kind: SpanKind; attributes: Attributes },
): ActiveSpan | undefined {
  const parent = configOf(env).target && parseTraceparent(traceparent);
  return parent?.sampled ? new ActiveSpan(parent, { ...start, startMs: Date.now() }) : undefined;
}

const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
