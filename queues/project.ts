import { ulid } from "ulid";
import { formatId } from "../domain/ids/index.ts";
import type { Phase } from "../protocol/resources/status.ts";
import type { Env } from "../worker/env.ts";
import { directory } from "../worker/store/database.ts";
import { randomShard } from "../worker/store/events.ts";
import { type Projection, writeProjection } from "../worker/store/projection.ts";
import { armOutbox, deliverEvents } from "./deliver.ts";

/** Phases that a deploy event may come of: without one of them no alarm is needed. */
const TELLING: ReadonlySet<Phase> = new Set(["Progressing", "Degraded", "Ready", "Failed", "Refused"]);

/**
 * Writes what a cluster's object knows of its releases into D1, and tells of the deployments that began or ended. The
 * object calls it at most once a second. Idempotent: a repeat after a failure writes what is missing.
 */
export async function project(env: Env, projection: Projection): Promise<void> {
  const now = Date.now();
  const shard = randomShard();
  if (projection.items.some(({ status }) => TELLING.has(status.phase))) await armOutbox(env, shard);
  const newId = (kind: "event") => formatId(kind, ulid(now));
  const ids = await writeProjection(directory(env), projection, { now, shard, newId });
  // The projection is written: a failure from here on is the outbox's to mend.
  await deliverEvents(env, ids).catch((error: unknown) => {
    console.warn(JSON.stringify({ message: "delivery after a projection failed", error: String(error) }));
  });
}
