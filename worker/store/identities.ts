import type { AdmissionFacts } from "../../domain/identity/admission.ts";
import { MAX_REALM_USERS, type Realm } from "../../domain/identity/realm.ts";
import { guardThat, insertRow, type Row } from "./rows.ts";
import { identities, users } from "./schema/index.ts";

export interface NamedPerson {
  providerId: string;
  /** The provider's realm. */
  tenantId: Realm;
  issuer: string;
  subject: string;
  email: string | null;
}

/** What the provider's realm knows of a person whom it has named, as {@link admissionFacts} reads it. */
export const findPerson = (db: D1Database, person: NamedPerson, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT k.id AS knownId, k.state AS knownState, u.id AS userId, u.state AS userState,
        (SELECT COUNT(*) FROM identities w WHERE w.user_id = u.id) AS identities,
        u.relink_to IS ?1 AS isAwaited,
        EXISTS (SELECT 1 FROM invitations WHERE email = ?4 AND (?5 IS NULL OR tenant_id = ?5)
          AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?6) AS isInvited,
        CASE WHEN k.id IS NULL AND u.id IS NULL THEN ${REALM_USERS("?5")} ELSE 0 END AS realmUsers
      FROM (SELECT 1) LEFT JOIN identities i ON i.provider_id = ?1 AND i.issuer = ?2 AND i.subject = ?3
      LEFT JOIN users k ON k.id = i.user_id AND k.tenant_id IS ?5
      LEFT JOIN users u ON u.email = ?4 AND u.tenant_id IS ?5`,
    )
    .bind(person.providerId, person.issuer, person.subject, person.email, person.tenantId, now);

/** Of a tenant; none of NULL, which is equal to nothing. */
const REALM_USERS = (tenantId: string): string =>
  `(SELECT COUNT(*) FROM users WHERE tenant_id = ${tenantId})`;

export function admissionFacts(row: Row | undefined): AdmissionFacts {
  if (!row) return { isInvited: false, realmUsers: 0 };
  const known = row.knownId
    ? { known: { id: row.knownId as string, disabled: row.knownState === "disabled" } }
    : {};
  const userOfEmail = row.userId
    ? {
        userOfEmail: {
          id: row.userId as string,
          disabled: row.userState === "disabled",
          identities: row.identities as number,
          isAwaited: row.isAwaited === 1,
        },
      }
    : {};
  return {
    ...known,
    ...userOfEmail,
    isInvited: row.isInvited === 1,
    realmUsers: row.realmUsers as number,
  };
}

/** A user joins a provider by his address: the batch fails where he may not, or no longer. */
export const linkUser = (db: D1Database, userId: string, providerId: string): D1PreparedStatement[] => [
  guardThat(
    db,
    `EXISTS (SELECT 1 FROM users u WHERE u.id = ?1
      AND (u.relink_to = ?2 OR NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id)))`,
    userId,
    providerId,
  ),
  db.prepare("UPDATE users SET relink_to = NULL WHERE id = ?").bind(userId),
];

export const insertIdentity = (db: D1Database, row: typeof identities.$inferSelect): D1PreparedStatement =>
  insertRow(db, identities, row);

/** Lists a user in a tenant, where he is not yet. One of another tenant's realm is not: a guard must follow. */
export const joinTenant = (
  db: D1Database,
  tenantId: string,
  userId: string,
  createdBy: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT OR IGNORE INTO memberships (tenant_id, user_id, created_at, created_by)
        SELECT ?1, id, ?3, ?4 FROM users WHERE id = ?2 AND (tenant_id IS NULL OR tenant_id = ?1)`,
    )
    .bind(tenantId, userId, now, createdBy);

/** A user that a provider brings into its realm: the batch fails where that is full. */
export const insertUser = (
  db: D1Database,
  user: Pick<typeof users.$inferSelect, "id" | "tenantId" | "email" | "displayName">,
  now: number,
): D1PreparedStatement[] => [
  insertRow(db, users, { ...user, createdAt: now, updatedAt: now, lastUsedAt: now }),
  guardThat(db, `${REALM_USERS("?1")} <= ?2`, user.tenantId, MAX_REALM_USERS),
];

/** The batch fails where a user is not, or no longer, in a realm. */
export const userStands = (db: D1Database, userId: string, realm: Realm): D1PreparedStatement =>
  guardThat(db, "EXISTS (SELECT 1 FROM users WHERE id = ? AND tenant_id IS ?)", userId, realm);
