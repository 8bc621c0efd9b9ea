import type { Env } from "./env.ts";
import { workOnRotations } from "./sealing/rotations.ts";
import { directory, fleetStub, outboxStub } from "./store/database.ts";
import { shardsWithUndelivered } from "./store/outbox.ts";
import { forgetExpired, purgeDeleted } from "./store/purge.ts";

/** The sweep comes every ten minutes (wrangler.toml); what reads whole tables is done by the first of an hour. */
const SWEEP_MINUTES = 10;

/**
 * Wakes the clocks of shards that hold undelivered events (one may have died between an alarm and the next), and
 * the fleet's, goes on with rotations of keys, and forgets what is past its time. Each part runs even where another fails.
 */
export async function sweep(env: Env, now: number): Promise<void> {
  const db = directory(env);
  const hourly =
    new Date(now).getUTCMinutes() < SWEEP_MINUTES ? [forgetExpired(db, now), purgeDeleted(env, now)] : [];
  const parts = await Promise.allSettled([
    wakeOutbox(env, db),
    fleetStub(env).watch(),
    workOnRotations(env),
    ...hourly,
  ]);
  const failed = parts.flatMap((part) => (part.status === "rejected" ? [String(part.reason)] : []));
  if (failed.length > 0) throw new Error(`the sweep failed in part: ${failed.join("; ")}`);
}

async function wakeOutbox(env: Env, db: D1Database): Promise<void> {
  const shards = await shardsWithUndelivered(db);
  await Promise.all(shards.map((shard) => outboxStub(env, shard).arm()));
}
