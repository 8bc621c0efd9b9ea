import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AccessObject, Permission } from "../../../domain/access/index.ts";

/**
 * Events are the outbox: a row is written in the batch of the change that it tells of. `seq` is the order of commits
 * (D1 has one writer), and the order in which observers see events.
 */
export const events = sqliteTable(
  "events",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    id: text("id").notNull(),
    type: text("type").notNull(),
    version: integer("version").notNull(),
    /** Null for what belongs to the platform, such as a cluster. */
    tenantId: text("tenant_id"),
    /** `<kind>/<id>` of what changed. */
    subject: text("subject").notNull(),
    actor: text("actor").notNull(),
    correlationId: text("correlation_id").notNull(),
    causationId: text("causation_id"),
    idempotencyKey: text("idempotency_key").notNull(),
    occurredAt: integer("occurred_at").notNull(),
    data: text("data", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    shard: integer("shard").notNull(),
    deliveredAt: integer("delivered_at"),
    /** Given up: a dead letter tells why, and the outbox leaves it alone until it is replayed. */
    deadAt: integer("dead_at"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: integer("next_attempt_at").notNull().default(0),
    lastError: text("last_error"),
  },
  (table) => [
    uniqueIndex("events_id").on(table.id),
    index("events_tenant").on(table.tenantId, table.seq),
    index("events_subject").on(table.subject, table.seq),
    index("events_undelivered")
      .on(table.shard, table.seq)
      .where(sql`delivered_at IS NULL AND dead_at IS NULL`),
  ],
);

export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text("id").primaryKey(),
    /** Where it died: on the way to its owner, or in the queue to the outside. */
    source: text("source", { enum: ["outbox", "queue"] }).notNull(),
    eventId: text("event_id").notNull(),
    eventSeq: integer("event_seq").notNull(),
    eventType: text("event_type").notNull(),
    tenantId: text("tenant_id"),
    reason: text("reason").notNull(),
    attempts: integer("attempts").notNull(),
    createdAt: integer("created_at").notNull(),
    state: text("state", { enum: ["dead", "replayed", "discarded"] })
      .notNull()
      .default("dead"),
    settledAt: integer("settled_at"),
    settledBy: text("settled_by"),
  },
  (table) => [
    uniqueIndex("dead_letters_event").on(table.source, table.eventId),
    index("dead_letters_state").on(table.state, table.id),
  ],
);

export const idempotency = sqliteTable(
  "idempotency",
  {
    /** SHA-256 of principal, method, path and key. */
    id: text("id").primaryKey(),
    requestHash: text("request_hash").notNull(),
    status: integer("status").notNull(),
    /** The answer's body; null where it held a secret. */
    body: text("body"),
    etag: text("etag"),
    location: text("location"),
    /** Reference to what was made, for a replay that may not show the body. */
    reference: text("reference"),
    /** What was asked for beside the route's own action; null where that was all. */
    required: text("required", { mode: "json" }).$type<{ permission: Permission; object: AccessObject }[]>(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("idempotency_expires").on(table.expiresAt)],
);

/**
 * The guard: `INSERT INTO guard SELECT changes()` right after a conditional update makes the whole batch fail where
 * no row matched (an UPDATE that matches nothing does not abort a D1 batch).
 */
export const guard = sqliteTable("guard", { ok: integer("ok").notNull() }, (table) => [
  check("guard_ok", sql`${table.ok} = 1`),
]);
