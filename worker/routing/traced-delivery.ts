import type { Env } from "../env.ts";
import { carryTrace } from "../tracing/carried.ts";
import { flushSpans } from "../tracing/export.ts";
import { type ActiveSpan, targetOf } from "../tracing/spans.ts";

/** A delivery after the answer as a span of its request, whose documents take the trace along to their clusters. */
export async function tracedDelivery(
  env: Env,
  trace: ActiveSpan,
  correlationId: string,
  deliver: () => Promise<void>,
): Promise<void> {
  try {
    await trace.around("deliver", "producer", { "kubenova.correlation_id": correlationId }, (span) =>
      carryTrace(correlationId, span.traceparent, deliver),
    );
  } finally {
    const target = targetOf(env);
    if (target) await flushSpans(target);
  }
}
