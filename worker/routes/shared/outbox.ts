import type { Env } from "../../env.ts";
import { outboxStub } from "../../store/database.ts";
import type { NewEvent } from "../../store/events.ts";

/** Alarms stand for events that are about to become undelivered again. */
export async function armShards(env: Env, events: { shard: number }[]): Promise<void> {
  const shards = new Set(events.map(({ shard }) => shard));
  await Promise.all([...shards].map((shard) => outboxStub(env, shard).arm()));
}

/**
 * That events are delivered again, as an event of its own; nothing where there are none.
 * @param seqs sequence numbers of the events, ascending
 */
export function replayed(of: "events" | "dead-letters", seqs: number[], tenantId: string | null): NewEvent[] {
  const [firstSeq, lastSeq] = [seqs[0], seqs.at(-1)];
  if (firstSeq === undefined || lastSeq === undefined) return [];
  const data = { of, count: seqs.length, firstSeq, lastSeq };
  return [{ type: "evt.outbox.replayed", tenantId, subject: "outbox/platform", data }];
}
