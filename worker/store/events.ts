import { EVENTS, type EventData, type EventType } from "../../protocol/events/catalogue.ts";

/** Undelivered events are looked after by this many alarm clocks, so that none is a hot spot. */
export const OUTBOX_SHARDS = 8;

/** What a mutation tells of itself, its data as protocol/events/catalogue.ts says; the rest of the envelope comes from the call. */
export type NewEvent = { [T in EventType]: EventOf<T> }[EventType];

export interface EventOf<T extends EventType> {
  type: T;
  /** Null for what belongs to the platform. */
  tenantId: string | null;
  /** `<kind>/<id>` of what changed; `release/<id>` for deployments. */
  subject: string;
  data: EventData<T>;
  causationId?: string;
}

/** Who and what caused the events of one mutation. */
export interface EventOrigin {
  actor: string;
  correlationId: string;
  idempotencyKey?: string;
  /** Milliseconds since 1970. */
  now: number;
  /** The alarm clock that was armed for the commit. */
  shard: number;
  newId(kind: "event"): string;
}

export interface RecordedEvents {
  ids: string[];
  statements: D1PreparedStatement[];
}

const INSERT = `INSERT INTO events
  (id, type, version, tenant_id, subject, actor, correlation_id, causation_id, idempotency_key, occurred_at, data, shard)
  SELECT value->>'id', value->>'type', value->>'version', value->>'tenantId', value->>'subject', value->>'actor',
    value->>'correlationId', value->>'causationId', value->>'idempotencyKey', value->>'occurredAt', value->'data',
    value->>'shard'
  FROM json_each(?)`;

/**
 * Rows of the outbox, to be written in the same batch as the change that they tell of: one statement whatever their
 * number, and their order is the order of their sequence numbers.
 */
export function recordEvents(db: D1Database, origin: EventOrigin, news: NewEvent[]): RecordedEvents {
  if (news.length === 0) return { ids: [], statements: [] };
  const rows = news.map((event) => {
    const id = origin.newId("event");
    return {
      id,
      type: event.type,
      version: EVENTS[event.type].version,
      tenantId: event.tenantId,
      subject: event.subject,
      actor: origin.actor,
      correlationId: origin.correlationId,
      causationId: event.causationId ?? null,
      idempotencyKey: origin.idempotencyKey ?? id,
      occurredAt: origin.now,
      data: event.data,
      shard: origin.shard,
    };
  });
  return { ids: rows.map((row) => row.id), statements: [db.prepare(INSERT).bind(JSON.stringify(rows))] };
}

/** A change's shard is drawn before anything is read, so that arming it costs no time of its own. */
export const randomShard = (): number => (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % OUTBOX_SHARDS;
