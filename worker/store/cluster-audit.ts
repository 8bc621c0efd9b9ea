import type { Held } from "../../domain/kubernetes-audit/whose.ts";
import type { Placement } from "./schema/catalogue.ts";

/** In whose logs a cluster's requests may stand. */
export interface Holders {
  /** Environments that are, or were, on the cluster, of tenants that are not deleted. */
  held: Held[];
  /** Of the cluster, deleted or not; null is the platform. */
  ownerTenantId: string | null;
}

interface HeldRow extends Omit<Held, "placements"> {
  placements: string;
}

/** Who holds these namespaces of a cluster, or did. */
export async function holdersOf(
  db: D1Database,
  clusterId: string,
  namespaces: readonly string[],
): Promise<Holders> {
  const [held, owner] = await db.batch([
    db
      .prepare(
        `SELECT e.namespace, e.tenant_id AS tenantId, e.deleted_at AS deletedAt, e.placements
          FROM environments e JOIN tenants t ON t.id = e.tenant_id AND t.deleted_at IS NULL
          WHERE e.namespace IN (SELECT value FROM json_each(?2)) AND instr(e.placements, ?1) > 0`,
      )
      .bind(clusterId, JSON.stringify(namespaces)),
    db
      .prepare(
        // A deleted tenant's too, as long as it may come back: its cluster's log goes on without a hole.
        "SELECT t.id FROM clusters c JOIN tenants t ON t.id = c.owner_tenant_id WHERE c.id = ?",
      )
      .bind(clusterId),
  ]);
  const rows = (held?.results ?? []) as unknown as HeldRow[];
  const [tenant] = (owner?.results ?? []) as { id: string }[];
  return {
    held: rows.map((row) => ({ ...row, placements: JSON.parse(row.placements) as Placement[] })),
    ownerTenantId: tenant?.id ?? null,
  };
}
