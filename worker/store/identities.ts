import type { AdmissionFacts } from "../../domain/identity/admission.ts";
import { insertRow, type Row } from "./rows.ts";
import { identities, users } from "./schema/index.ts";

export interface NamedPerson {
  providerId: string;
  /** The provider's tenant; null for the platform's. */
  tenantId: string | null;
  issuer: string;
  subject: string;
  email: string | null;
}

/**
 * What is known of a person whom a provider has named, as {@link admissionFacts} reads it. A tenant's provider speaks for
 * a user who has no way in only if that tenant is all that he belongs to. To the platform's providers a way in by a
 * tenant's is none: else a tenant could keep anybody out by claiming his address first.
 */
export const findPerson = (db: D1Database, person: NamedPerson, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT k.id AS knownId, k.state AS knownState, u.id AS userId, u.state AS userState,
        (SELECT COUNT(*) FROM identities w WHERE w.user_id = u.id AND (?5 IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM identity_providers p WHERE p.id = w.provider_id AND p.tenant_id IS NOT NULL))) AS identities,
        ?5 IS NULL OR (
          EXISTS (SELECT 1 FROM memberships WHERE user_id = u.id AND tenant_id = ?5)
          AND NOT EXISTS (SELECT 1 FROM memberships WHERE user_id = u.id AND tenant_id <> ?5)
          AND NOT EXISTS (SELECT 1 FROM bindings WHERE subject = 'user/' || u.id AND tenant_id IS NOT ?5)
          AND NOT EXISTS (SELECT 1 FROM team_members m JOIN teams t ON t.id = m.team_id
            WHERE m.member = 'user/' || u.id AND t.tenant_id <> ?5)
        ) AS isWithinReach,
        EXISTS (SELECT 1 FROM invitations WHERE email = ?4 AND (?5 IS NULL OR tenant_id = ?5)
          AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?6) AS isInvited
      FROM (SELECT 1) LEFT JOIN identities i ON i.provider_id = ?1 AND i.issuer = ?2 AND i.subject = ?3
      LEFT JOIN users k ON k.id = i.user_id LEFT JOIN users u ON u.email = ?4`,
    )
    .bind(person.providerId, person.issuer, person.subject, person.email, person.tenantId, now);

export function admissionFacts(row: Row | undefined): AdmissionFacts {
  if (!row) return { isInvited: false };
  const known = row.knownId
    ? { known: { id: row.knownId as string, disabled: row.knownState === "disabled" } }
    : {};
  const userOfEmail = row.userId
    ? {
        userOfEmail: {
          id: row.userId as string,
          disabled: row.userState === "disabled",
          identities: row.identities as number,
          isWithinReach: row.isWithinReach === 1,
        },
      }
    : {};
  return { ...known, ...userOfEmail, isInvited: row.isInvited === 1 };
}

export const insertIdentity = (db: D1Database, row: typeof identities.$inferSelect): D1PreparedStatement =>
  insertRow(db, identities, row);

/** Lists a user in a tenant, where he is not yet. */
export const joinTenant = (
  db: D1Database,
  tenantId: string,
  userId: string,
  createdBy: string,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      "INSERT OR IGNORE INTO memberships (tenant_id, user_id, created_at, created_by) VALUES (?, ?, ?, ?)",
    )
    .bind(tenantId, userId, now, createdBy);

/** A user that a provider brings in. */
export const insertUser = (
  db: D1Database,
  id: string,
  email: string,
  displayName: string | null,
  now: number,
): D1PreparedStatement =>
  insertRow(db, users, { id, email, displayName, createdAt: now, updatedAt: now, lastUsedAt: now });
