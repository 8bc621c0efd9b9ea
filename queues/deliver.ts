import type { Env } from "../worker/env.ts";
import { outboxStub } from "../worker/store/database.ts";

/** Before a commit: an alarm stands, so that the commit's events are delivered even if the caller dies. */
export const armOutbox = (env: Env, shard: number): Promise<void> => outboxStub(env, shard).arm();

/**
 * Delivers committed events to their owners, after the answer. What this misses, OutboxDO's alarm delivers.
 *
 * @param ids ids of the events of one mutation
 */
export async function deliverEvents(_env: Env, _ids: string[]): Promise<void> {}

/** {@link deliverEvents} once the answer is on its way. */
export const deliverAfterResponse = (
  ctx: Pick<ExecutionContext, "waitUntil">,
  env: Env,
  ids: string[],
): void => ctx.waitUntil(deliverEvents(env, ids));
