import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { identityProviders } from "./schema/index.ts";

export type IdentityProvider = typeof identityProviders.$inferSelect;

/** So few, that a list needs no pages. */
export const MAX_PROVIDERS = 20;

const fields = selection(identityProviders, "p");

export const providerOf = (row: Row | undefined): IdentityProvider | undefined => row && fields.decode(row);

/** One by its name or id, of a tenant by its name; the platform's where that is null. */
export const findProviderOf = (
  db: D1Database,
  tenant: string | null,
  nameOrId: string,
): D1PreparedStatement =>
  db
    .prepare(`SELECT ${fields.columns} FROM identity_providers p WHERE ${OWNER} AND ?2 IN (p.name, p.id)`)
    .bind(tenant, nameOrId);

export const listProvidersOf = (db: D1Database, tenant: string | null): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM identity_providers p WHERE ${OWNER} ORDER BY p.name LIMIT ${MAX_PROVIDERS}`,
    )
    .bind(tenant);

const OWNER =
  "p.tenant_id IS (SELECT id FROM tenants WHERE name = ?1) AND (?1 IS NULL OR p.tenant_id IS NOT NULL)";

/** One that people may log in with now: it is enabled, and its tenant is not deleted. */
export const findOpenProvider = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM ${OPEN} AND p.id = ?1`).bind(id);

/** The platform's, then those of a tenant by its name. Of a tenant that does not exist there are none. */
export const listOpenProviders = (db: D1Database, tenant: string | null): D1PreparedStatement =>
  db
    .prepare(
      `SELECT ${fields.columns} FROM ${OPEN} AND (p.tenant_id IS NULL OR t.name = ?1)
        ORDER BY p.tenant_id IS NOT NULL, p.name LIMIT ${2 * MAX_PROVIDERS}`,
    )
    .bind(tenant);

const OPEN = `identity_providers p LEFT JOIN tenants t ON t.id = p.tenant_id
  WHERE p.enabled = 1 AND (p.tenant_id IS NULL OR t.deleted_at IS NULL)`;

export const insertProvider = (db: D1Database, row: IdentityProvider): D1PreparedStatement =>
  insertRow(db, identityProviders, row);

export const updateProvider = (db: D1Database, read: IdentityProvider, after: IdentityProvider) =>
  updateRow(db, identityProviders, read, after);

/**
 * The logins by it end. The ways in that led over it stay: they open nothing any more, but whoever has one is nobody's to
 * take by his address (domain/identity/admission.ts).
 */
export const deleteProvider = (db: D1Database, id: string, now: number): D1PreparedStatement[] => [
  db.prepare("DELETE FROM identity_providers WHERE id = ?").bind(id),
  db.prepare("DELETE FROM login_attempts WHERE provider_id = ?").bind(id),
  endSessionsOf(db, id, now),
];

/** Ends each login by a provider. */
export const endSessionsOf = (db: D1Database, providerId: string, now: number): D1PreparedStatement =>
  db
    .prepare(
      "UPDATE sessions SET ended_at = ?1, ended_because = 'revoked' WHERE provider_id = ?2 AND ended_at IS NULL",
    )
    .bind(now, providerId);
