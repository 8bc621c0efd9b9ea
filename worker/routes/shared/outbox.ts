import type { Env } from "../../env.ts";
import { outboxStub } from "../../store/database.ts";

/** Alarms stand for events that are about to become undelivered again. */
export async function armShards(env: Env, events: { shard: number }[]): Promise<void> {
  const shards = new Set(events.map(({ shard }) => shard));
  await Promise.all([...shards].map((shard) => outboxStub(env, shard).arm()));
}
