import type { TraceTarget } from "../../domain/trace/config.ts";
import { otlpRequest, type Span } from "../../domain/trace/otlp.ts";
import { SpanQueue } from "../../domain/trace/queue.ts";

/** What ends within this time leaves together. */
const GATHER_MS = 100;
/** A receiver that does not answer by then gets no more of this request's time. */
const EXPORT_TIMEOUT_MS = 5_000;

/** This isolate's. What it holds when the isolate ends is lost. */
export const spans = new SpanQueue();

let exported = 0;

/** Spans that left, and that were dropped, since this was last asked. */
export function takeSpanCounts(): { exported: number; dropped: number } {
  const counts = { exported, dropped: spans.takeDropped() };
  exported = 0;
  return counts;
}

/**
 * Sends what waits. For waitUntil, after the answer: it never rejects, and whoever calls it meanwhile finds the queue empty. One
 * try a batch: a receiver that is away costs spans, counted, and never a request.
 */
export async function flushSpans(target: TraceTarget): Promise<void> {
  await scheduler.wait(GATHER_MS);
  for (let batch = spans.take(); batch.length > 0; batch = spans.take()) {
    const taken = await send(target, batch);
    if (taken) exported += batch.length;
    else return spans.lost(batch);
  }
}

async function send({ url, headers }: TraceTarget, batch: readonly Span[]): Promise<boolean> {
  const body = otlpRequest({ "service.name": "kubenova-manager" }, { name: "kubenova", version: "1" }, batch);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(EXPORT_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
