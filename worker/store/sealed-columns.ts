/**
 * Every column that holds what worker/sealing sealed. A purpose that is not here cannot be sealed (its type is this
 * list), so that the rotation of a data key finds all that is to be sealed anew, and test/attack/plaintexts.test.ts all
 * that is to be looked at.
 *
 * To add one: a nullable or not null `text` column that holds a sealed text (or NULL) and nothing else; a line here; a
 * line of SEALED in test/attack/plaintexts/operations.ts, with the operation that plants a secret there (plants.ts has its
 * code). Seal with `{ tenantId, purpose, id }`, where tenantId and id are what the two columns named here hold in the same
 * row: neither may change while the secret stays.
 */
export interface SealedColumn {
  /** `<kind>.<field>`; the sealed text is bound to it, so it never changes. */
  purpose: string;
  table: string;
  /** Column of the row's id, unique in the table. */
  id: string;
  /** Column of the sealed text. */
  column: string;
  /** Column of the owning tenant's id, NULL in rows of the platform; null where all rows are the platform's. */
  tenant: string | null;
}

export const SEALED_COLUMNS = [
  { purpose: "audit-person.key", table: "audit_people", id: "person", column: "key", tenant: null },
  {
    purpose: "identity-provider.client-secret",
    table: "identity_providers",
    id: "id",
    column: "client_secret",
    tenant: "tenant_id",
  },
  { purpose: "audit-sink.token", table: "audit_sinks", id: "log", column: "token", tenant: "tenant_id" },
] as const satisfies readonly SealedColumn[];

export type SealedPurpose = (typeof SEALED_COLUMNS)[number]["purpose"];

export interface SealedRow {
  id: string;
  sealed: string;
}

/** Rows of an owner that hold a secret which another data key than this one sealed, by id. @param tenantId null is the platform */
export async function findSealedByOthers(
  db: D1Database,
  at: SealedColumn,
  which: { tenantId: string | null; dataKeyId: string; after: string; limit: number },
): Promise<SealedRow[]> {
  if (at.tenant === null && which.tenantId !== null) return [];
  const owned = at.tenant === null ? "?1 IS NULL" : `${at.tenant} IS ?1`;
  const prefix = `kn1.${which.dataKeyId}.`;
  const { results } = await db
    .prepare(
      `SELECT ${at.id} AS id, ${at.column} AS sealed FROM ${at.table} WHERE ${owned} AND ${at.id} > ?2
        AND ${at.column} IS NOT NULL AND substr(${at.column}, 1, ${prefix.length}) <> ?3 ORDER BY ${at.id} LIMIT ?4`,
    )
    .bind(which.tenantId, which.after, prefix, which.limit)
    .all<SealedRow & Record<string, unknown>>();
  return results;
}

/** Puts a newly sealed text in the place of the one that was read, unless somebody has written since. */
export const replaceSealed = (
  db: D1Database,
  at: SealedColumn,
  read: SealedRow,
  sealed: string,
): D1PreparedStatement =>
  db
    .prepare(`UPDATE ${at.table} SET ${at.column} = ? WHERE ${at.id} = ? AND ${at.column} = ?`)
    .bind(sealed, read.id, read.sealed);
