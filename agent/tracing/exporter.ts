import type { TraceTarget } from "../../domain/trace/config.ts";
import { type Attributes, otlpRequest, type Span } from "../../domain/trace/otlp.ts";
import { MAX_BATCH_SPANS, SpanQueue } from "../../domain/trace/queue.ts";
import { errorText, type Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { VERSION } from "../version.ts";

export interface Exporter {
  /** Returns at once, whatever becomes of it. */
  add(span: Span): void;
  /** What waits is sent, within the deadline of one batch. */
  stop(): Promise<void>;
}

const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 5_000;

/**
 * Sends spans in batches, one at a time. One try each: a receiver that is away costs spans, counted, and no work. Nothing of
 * it keeps the process alive.
 */
export function createExporter(
  { url, headers }: TraceTarget,
  { resource, metrics, log }: { resource: Attributes; metrics: Metrics; log: Logger },
): Exporter {
  const queue = new SpanQueue();
  const spans = metrics.counter(
    "kubenova_agent_trace_spans_total",
    "Spans of traces, by what became of them",
  );
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  const send = async (batch: readonly Span[]) => {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json" },
        body: JSON.stringify(otlpRequest(resource, { name: "kubenova", version: VERSION }, batch)),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`status ${response.status}`);
      spans.inc({ result: "exported" }, batch.length);
    } catch (error) {
      queue.lost(batch);
      log.debug("traces were not taken", { error: errorText(error) });
    }
    const dropped = queue.takeDropped();
    if (dropped > 0) spans.inc({ result: "dropped" }, dropped);
  };
  const flush = () => {
    timer = undefined;
    sending ??= send(queue.take()).finally(() => {
      sending = undefined;
      if (queue.size > 0) later();
    });
  };
  const later = () => {
    timer ??= setTimeout(flush, queue.size >= MAX_BATCH_SPANS ? 0 : INTERVAL_MS).unref();
  };

  return {
    add(span) {
      queue.add(span);
      if (!sending) later();
    },
    async stop() {
      clearTimeout(timer);
      await sending;
      clearTimeout(timer);
      if (queue.size > 0) await send(queue.take());
    },
  };
}
