/** What of people, machines and their rights goes, and when. */

/** Ended keys, bindings and invitations are kept this long, for whoever asks what was. */
const ACCESS_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** Forgets invitations, keys and bindings whose time, or whose use, was over long ago. */
export const forgetAccess = (db: D1Database, now: number): D1PreparedStatement[] =>
  [
    `DELETE FROM invitations WHERE expires_at < ?1 OR accepted_at < ?1 OR revoked_at < ?1`,
    `DELETE FROM api_keys WHERE expires_at < ?1 OR revoked_at < ?1`,
    `DELETE FROM bindings WHERE expires_at < ?1`,
  ].map((sql) => db.prepare(sql).bind(now - ACCESS_RETENTION_MS));

/** Doomed ids, each a SELECT of them. */
interface Doomed {
  tenants: string;
  projects: string;
  environments: string;
  clusters: string;
}

/**
 * What goes with doomed tenants, projects, environments and clusters: no right is left on what is gone, and nobody whose
 * home it was.
 */
export const accessPurges = ({ tenants, projects, environments, clusters }: Doomed): string[] => [
  `DELETE FROM bindings WHERE tenant_id IN (${tenants}) OR project_id IN (${projects})
    OR environment_id IN (${environments}) OR cluster_id IN (${clusters})`,
  `DELETE FROM team_members WHERE team_id IN (SELECT id FROM teams WHERE tenant_id IN (${tenants}))`,
  `DELETE FROM api_keys WHERE tenant_id IN (${tenants})
    OR owner IN (SELECT 'service-account/' || id FROM service_accounts WHERE tenant_id IN (${tenants})
      UNION ALL SELECT 'user/' || id FROM users WHERE tenant_id IN (${tenants}))`,
  ...["teams", "memberships", "users", "service_accounts", "roles", "invitations"].map(
    (table) => `DELETE FROM ${table} WHERE tenant_id IN (${tenants})`,
  ),
];
