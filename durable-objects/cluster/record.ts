import { ulid } from "ulid";
import { formatId } from "../../domain/ids/index.ts";
import { armOutbox, deliverEvents } from "../../queues/deliver.ts";
import type { Env } from "../../worker/env.ts";
import { directory } from "../../worker/store/database.ts";
import { type NewEvent, randomShard, recordEvents } from "../../worker/store/events.ts";

/** Writes rows of D1 and their events in one batch, as a route does, and delivers the events afterwards. */
export async function record(
  env: Env,
  ctx: Pick<DurableObjectState, "waitUntil">,
  change: {
    clusterId: string;
    statements: D1PreparedStatement[];
    events: NewEvent[];
    correlationId: string;
    now: number;
  },
): Promise<void> {
  const db = directory(env);
  const shard = randomShard();
  const recorded = recordEvents(
    db,
    {
      actor: `cluster/${change.clusterId}`,
      correlationId: change.correlationId,
      now: change.now,
      shard,
      newId: (kind) => formatId(kind, ulid(change.now)),
    },
    change.events,
  );
  const statements = [...change.statements, ...recorded.statements];
  if (statements.length === 0) return;
  if (recorded.ids.length > 0) await armOutbox(env, shard);
  await db.batch(statements);
  if (recorded.ids.length > 0) ctx.waitUntil(deliverEvents(env, recorded.ids));
}
