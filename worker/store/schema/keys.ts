import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Place } from "../../../domain/sealing/walk.ts";

/** Keys that seal secrets, each wrapped by a key-encryption key that is in no database. */
export const dataKeys = sqliteTable(
  "data_keys",
  {
    id: text("id").primaryKey(),
    /** A tenant's id, or `platform`. */
    owner: text("owner").notNull(),
    /** Name of the key-encryption key: `ring:k1`, or that of a key in a key service. */
    kek: text("kek").notNull(),
    wrapped: text("wrapped").notNull(),
    wrappedAt: integer("wrapped_at").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Since when nothing new is sealed with it; what was still opens. */
    retiredAt: integer("retired_at"),
  },
  (table) => [
    uniqueIndex("data_keys_active").on(table.owner).where(sql`retired_at IS NULL`),
    index("data_keys_kek").on(table.kek, table.id),
  ],
);

/** Walks that wrap data keys anew (`rewrap`) or seal an owner's secrets anew with its new data key (`reseal`). */
export const keyRotations = sqliteTable(
  "key_rotations",
  {
    id: text("id").primaryKey(),
    kind: text("kind", { enum: ["rewrap", "reseal"] }).notNull(),
    /** A tenant's id or `platform`; `all` where data keys are wrapped anew. */
    owner: text("owner").notNull(),
    startedAt: integer("started_at").notNull(),
    startedBy: text("started_by").notNull(),
    correlationId: text("correlation_id").notNull(),
    finishedAt: integer("finished_at"),
    /** Rows that were changed in all. */
    done: integer("done").notNull().default(0),
    /** Rows of the last pass that could not be changed. */
    failed: integer("failed").notNull().default(0),
    place: text("place", { mode: "json" }).$type<Place>().notNull(),
    lastError: text("last_error"),
    /** Grows with each step: of two that walk at once, one stores its step. */
    version: integer("version").notNull().default(1),
  },
  (table) => [
    uniqueIndex("key_rotations_running").on(table.kind, table.owner).where(sql`finished_at IS NULL`),
  ],
);
