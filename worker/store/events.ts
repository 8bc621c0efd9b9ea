import { EVENTS, type EventData, type EventType } from "../../protocol/events/catalogue.ts";

/** Alarm clocks of the outbox: enough that no object is asked more than a few hundred times a second. */
export const OUTBOX_SHARDS = 8;

/** An event that is to be written in the batch of the change that it tells of. */
export interface NewEvent<T extends EventType = EventType> {
  /** `evt_<ULID>` */
  id: string;
  type: T;
  /** Null for what belongs to the platform. */
  tenantId: string | null;
  /** `<kind>/<id>` of what changed; `release/<id>` for deployments. */
  subject: string;
  actor: string;
  correlationId: string;
  causationId?: string;
  /** The request's Idempotency-Key; the event's own id where absent. */
  idempotencyKey?: string;
  /** Milliseconds since 1970. */
  occurredAt: number;
  data: EventData<T>;
}

/** The type says which data fits: use this instead of a literal. */
export const newEvent = <T extends EventType>(event: NewEvent<T>): NewEvent => event as unknown as NewEvent;

/** The clock that watches over an event: one tenant's events always meet the same one. FNV-1a, stable for ever. */
export function shardOf(tenantId: string | null, subject: string): number {
  let hash = 0x811c9dc5;
  for (const char of tenantId ?? subject) {
    hash ^= char.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % OUTBOX_SHARDS;
}

/** Shards that must be armed before these events are committed. */
export const shardsOf = (events: Pick<NewEvent, "tenantId" | "subject">[]): number[] => [
  ...new Set(events.map((event) => shardOf(event.tenantId, event.subject))),
];

const INSERT = `INSERT INTO events
  (id, type, version, tenant_id, subject, actor, correlation_id, causation_id, idempotency_key, occurred_at, data, shard)
  SELECT value->>'id', value->>'type', value->>'version', value->>'tenantId', value->>'subject', value->>'actor',
    value->>'correlationId', value->>'causationId', value->>'idempotencyKey', value->>'occurredAt', value->'data',
    value->>'shard'
  FROM json_each(?)`;

/** One statement for all events of a batch; their order is the order of their sequence numbers. */
export function insertEvents(db: D1Database, events: NewEvent[]): D1PreparedStatement {
  const rows = events.map((event) => ({
    ...event,
    version: EVENTS[event.type].version,
    causationId: event.causationId ?? null,
    idempotencyKey: event.idempotencyKey ?? event.id,
    shard: shardOf(event.tenantId, event.subject),
  }));
  return db.prepare(INSERT).bind(JSON.stringify(rows));
}
