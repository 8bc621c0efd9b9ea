import { inTransit } from "../audit/personal.ts";
import { failpoint } from "../failpoint.ts";
import { recordEntry } from "../store/audit.ts";
import { recordEvents } from "../store/events.ts";
import { storeAnswer } from "../store/idempotency.ts";
import type { ActiveSpan } from "../tracing/spans.ts";
import { appendSoon } from "./append-soon.ts";
import { mutationEntry } from "./audited.ts";
import type { Answer, Call, Commit } from "./call.ts";
import { type CallInput, LostRace } from "./call-input.ts";
import { deliverSoon } from "./deliver-soon.ts";
import { type Required, toStored } from "./idempotency.ts";
import type { OutboxAlarm } from "./outbox-alarm.ts";
import { tracedDelivery } from "./traced-delivery.ts";

/** One round trip to the database, seen in the request's trace. */
export function batch(
  trace: ActiveSpan | undefined,
  name: "read" | "commit",
  db: D1Database,
  statements: D1PreparedStatement[],
): Promise<D1Result<Record<string, unknown>>[]> {
  const work = () => db.batch<Record<string, unknown>>(statements);
  const attributes = { "db.system.name": "sqlite", "db.operation.batch.size": statements.length };
  return trace ? trace.around(`d1 ${name}`, "client", attributes, work) : work();
}

/**
 * Writes one mutation: rows, their events, its audit entry and the Idempotency-Key's answer, all or nothing, with an
 * alarm that stands before them. What must reach others is sent after the answer, and what is missed by the alarm.
 *
 * @param required what the call was allowed beside its route's action
 * @throws LostRace where a guard or a unique index refused
 */
export async function commitMutation(
  call: Call,
  { env, route, idempotent: given, trace }: CallInput,
  alarm: OutboxAlarm,
  commit: Commit,
  required: Required,
): Promise<Answer> {
  const { db, statements, events, answer, secretReference } = commit;
  const idempotent = commit.ignoresKey ? undefined : given;
  if (statements.length === 0 && events.length === 0 && !idempotent) return answer;
  alarm.arm();
  const recorded = recordEvents(db, originOf(call, idempotent?.key, alarm, commit), events);
  const all = [...statements, ...recorded.statements];
  if (idempotent) {
    const stored = toStored(idempotent, answer, call.now, { secretReference, required });
    all.push(...storeAnswer(db, stored));
  }
  const mutation = await mutationEntry(call, route, commit);
  const entry = mutation && (await inTransit(env, mutation));
  if (entry) all.push(...recordEntry(db, entry, alarm.shard));
  await alarm.armed;
  await failpoint(env, "armed");
  const results = await batch(trace, "commit", db, all).catch((error: unknown) => {
    throw /SQLITE_CONSTRAINT|constraint failed/i.test(String(error)) ? new LostRace() : error;
  });
  if (entry) call.waitUntil(appendSoon(env, entry, results.at(-1)));
  if (recorded.ids.length > 0) {
    const deliver = () => deliverSoon(env, recorded.ids);
    call.waitUntil(trace ? tracedDelivery(env, trace, call.correlationId, deliver) : deliver());
  }
  return answer;
}

const originOf = (call: Call, idempotencyKey: string | undefined, alarm: OutboxAlarm, { audit }: Commit) => ({
  actor: audit?.actor?.id ?? call.principal.id,
  correlationId: call.correlationId,
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  now: call.now,
  shard: alarm.shard,
  newId: call.newId,
});
