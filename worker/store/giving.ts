import type { BindingRow } from "./bindings.ts";
import { guardOne, guardThat, insertRow } from "./rows.ts";
import { bindings } from "./schema/index.ts";
import { subjectStands } from "./subjects.ts";

/** Bindings that come and go; what was read of the world before is held to in the batch itself. */

/** One request reads all of a subject's bindings: they stay a matter of microseconds. */
export const MAX_BINDINGS_OF_SUBJECT = 1_000;

const SAME = `subject = ? AND role = ? AND level = ? AND tenant_id IS ? AND project_id IS ? AND environment_id IS ?
  AND cluster_id IS ? AND (expires_at IS NULL OR expires_at > ?)`;

const sameValues = (binding: BindingRow, now: number): unknown[] => [
  binding.subject,
  binding.role,
  binding.level,
  binding.tenantId,
  binding.projectId,
  binding.environmentId,
  binding.clusterId,
  now,
];

/** How many bindings a subject has, and the id of one that gives the same. */
export const findLikeBinding = (db: D1Database, binding: BindingRow): D1PreparedStatement =>
  db
    .prepare(
      `SELECT (SELECT COUNT(*) FROM bindings WHERE subject = ?) AS count,
        (SELECT id FROM bindings WHERE ${SAME} LIMIT 1) AS same`,
    )
    .bind(binding.subject, ...sameValues(binding, binding.createdAt));

/** A custom role as it was read, by what it gives. */
export interface ReadRole {
  id: string;
  version: number;
}

/** The batch fails where the subject is gone, the role another one, or the same is given already. */
export function insertBinding(
  db: D1Database,
  binding: BindingRow,
  role: ReadRole | undefined,
): D1PreparedStatement[] {
  const stands = subjectStands(binding.subject, binding.tenantId);
  return [
    insertRow(db, bindings, binding),
    guardThat(db, stands.sql, ...stands.values),
    ...(role ? [roleStands(db, role)] : []),
    guardThat(
      db,
      `(SELECT COUNT(*) FROM bindings WHERE ${SAME}) = 1`,
      ...sameValues(binding, binding.createdAt),
    ),
  ];
}

const roleStands = (db: D1Database, { id, version }: ReadRole): D1PreparedStatement =>
  guardThat(db, "EXISTS (SELECT 1 FROM roles WHERE id = ? AND version = ?)", id, version);

export const deleteBinding = (db: D1Database, id: string): D1PreparedStatement[] => [
  db.prepare("DELETE FROM bindings WHERE id = ?").bind(id),
  guardOne(db),
];

/** Counts who owns a tenant for good: domain/access isOwnership, and can still log in. */
const OWNERS = `(SELECT COUNT(DISTINCT u.id) FROM bindings b JOIN users u ON u.id = substr(b.subject, 6)
  JOIN memberships m ON m.user_id = u.id AND m.tenant_id = b.tenant_id
  WHERE b.tenant_id = ? AND b.role = 'tenant-owner' AND b.level = 'tenant' AND b.expires_at IS NULL
    AND b.subject LIKE 'user/%' AND u.state = 'active' AND b.subject <> ?)`;

/** How many people own a tenant beside one: a row of `count`. @param subject `user/usr_…` */
export const countOtherOwners = (db: D1Database, tenantId: string, subject: string): D1PreparedStatement =>
  db.prepare(`SELECT ${OWNERS} AS count`).bind(tenantId, subject);

/** After what takes an owner away: the batch fails where none is left. */
export const ownersStand = (db: D1Database, tenantId: string): D1PreparedStatement =>
  guardThat(db, `${OWNERS} > 0`, tenantId, "");

/** Takes away what a tenant has given on a cluster that it owned. */
export const endFormerOwner = (db: D1Database, clusterId: string, tenantId: string): D1PreparedStatement =>
  db.prepare("DELETE FROM bindings WHERE cluster_id = ? AND tenant_id = ?").bind(clusterId, tenantId);
