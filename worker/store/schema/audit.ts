import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The last number that a mutation took in each log. It is compared with the log itself: a tail that was cut off is seen. */
export const auditLogs = sqliteTable("audit_logs", {
  /** Id of a tenant, or `platform`. */
  log: text("log").primaryKey(),
  last: integer("last").notNull(),
});

/** Entries of committed mutations on their way to their logs. A row goes when its log has it; none is ever given up. */
export const auditOutbox = sqliteTable(
  "audit_outbox",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    log: text("log").notNull(),
    number: integer("number").notNull(),
    /** JSON of the entry, without its number. */
    entry: text("entry").notNull(),
    shard: integer("shard").notNull(),
    createdAt: integer("created_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: integer("next_attempt_at").notNull().default(0),
  },
  (table) => [index("audit_outbox_shard").on(table.shard, table.nextAttemptAt)],
);
