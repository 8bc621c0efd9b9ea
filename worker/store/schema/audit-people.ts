import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The key of each person whom an audit log tells of. A destroyed one leaves a row without a key: no other is made. */
export const auditPeople = sqliteTable("audit_people", {
  /** `<kind>/<id>` of an actor. */
  person: text("person").primaryKey(),
  /** Sealed text of 32 bytes, base64url; null once it is destroyed. */
  key: text("key"),
  createdAt: integer("created_at").notNull(),
  forgottenAt: integer("forgotten_at"),
});
