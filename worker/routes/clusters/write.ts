import type { AccessObject } from "../../../domain/access/index.ts";
import { sameJson } from "../../../domain/canonical/same.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { askObject } from "../../limits/circuit.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import {
  type Cluster,
  type ClusterRow,
  clusterOf,
  clusterState,
  findCluster,
  ownerOf,
  tenantsByName,
  updateCluster,
} from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import type { Row } from "../../store/rows.ts";
import { present } from "../shared/catalogue.ts";
import { livenessOf } from "../shared/liveness.ts";
import { missing } from "../shared/objects.ts";
import { handedOver } from "./handed-over.ts";
import { type ClusterWrite, clusterJson } from "./schema.ts";

/** The cluster of a route's path, not deleted. @throws KubeNovaError KN-1200 */
export async function readCluster(call: Call<{ cluster: string }>): Promise<Cluster> {
  const db = directory(call.env);
  const [found] = await call.read(db, [findCluster(db, call.params.cluster)]);
  const cluster = clusterOf(found?.results[0]);
  authorizeCluster(call, cluster);
  return present("cluster", call.params.cluster, cluster);
}

/** What is asked about: the owner's tenant, where it has one. */
export const clusterObject = (cluster: Pick<ClusterRow, "id" | "ownerTenantId">): AccessObject => ({
  clusterId: cluster.id,
  ...(cluster.ownerTenantId === null ? {} : { tenantId: cluster.ownerTenantId }),
});

/** Asks can() on the cluster that a URL names, deleted or not. @throws KubeNovaError KN-1200, KN-1102 */
export const authorizeCluster = (call: Call<{ cluster: string }>, cluster: Cluster | undefined): void =>
  call.authorize(
    cluster ? clusterObject({ id: cluster.id, ownerTenantId: ownerOf(cluster) }) : {},
    missing("cluster", call.params.cluster),
  );

/** Whose log has a change of a cluster: its owner's, whoever does it; of one that changes hands, its former owner's. */
export const inOwnersLog = (before: Cluster, after = before): { tenantId: string | null } => ({
  tenantId: ownerOf(before) ?? ownerOf(after),
});

/** Names of tenants that a body speaks of. */
export const namedTenants = (write: Pick<ClusterWrite, "ownerTenant" | "allowedTenants">): string[] => [
  ...new Set([...(write.allowedTenants ?? []), ...(write.ownerTenant ? [write.ownerTenant] : [])]),
];

export const findNamedTenants = (db: D1Database, write: ClusterWrite): D1PreparedStatement =>
  tenantsByName(db, namedTenants(write));

/** Of those tenants the ones that the principal may see: the others are not there for him. */
export const visibleTenants = (call: Call, rows: Row[] | undefined): Row[] =>
  (rows ?? []).filter(({ id }) => call.can("tenant:get", { tenantId: String(id) }));

/** Ids of those tenants. @throws KubeNovaError KN-1002 where one does not exist */
export function tenantIds(write: ClusterWrite, rows: Row[]) {
  const ids = new Map(rows.map((row) => [String(row.name), String(row.id)]));
  const missing = namedTenants(write).filter((name) => !ids.has(name));
  if (missing.length > 0) {
    const issues = missing.map((name) => ({
      path: name === write.ownerTenant ? "ownerTenant" : "allowedTenants",
      message: `there is no tenant '${name}'`,
    }));
    throw new KubeNovaError("KN-1002", `The body is not valid: ${issues[0]?.message}.`, {
      in: "body",
      issues,
    });
  }
  const allowed = write.allowedTenants && [...new Set(write.allowedTenants)].sort();
  return {
    ownerTenantId: write.ownerTenant ? (ids.get(write.ownerTenant) ?? null) : null,
    allowedTenants: allowed ? allowed.map((name) => ids.get(name) ?? "") : null,
    ownerTenant: write.ownerTenant ?? null,
    allowedTenantNames: allowed ?? null,
  };
}

export async function clusterAnswer(call: Call, status: number, cluster: Cluster): Promise<Answer> {
  const liveness = await livenessOf(call.env, [cluster.id]);
  const seen = liveness.get(cluster.id) ?? { connected: false, lastSeenAt: null, session: 0 };
  return { status, body: clusterJson(cluster, seen), etag: etagOf(cluster.version) };
}

/** One cluster with all that its object knows; with its row alone where the object does not answer. */
export async function clusterView(call: Call, cluster: Cluster): Promise<Answer> {
  const overview = await askObject(call.env, cluster.id, (object) => object.overview()).catch(() => ({
    connected: false,
    lastSeenAt: null,
    session: 0,
  }));
  const body = clusterJson(cluster, overview);
  // Times alone are no change worth a new body.
  const { lastSeenAt: _seen, awakeSince: _awake, ...stable } = body as Record<string, unknown>;
  return { status: 200, body, etag: etagOf(cluster.version, stable) };
}

/** Commits what a PATCH wants of a cluster; nothing at all where it is so already. */
export async function replaceCluster(
  call: Call,
  before: Cluster,
  write: ClusterWrite,
  tenants: Row[],
): Promise<Answer> {
  const db = directory(call.env);
  const { ownerTenant, allowedTenantNames, ...ids } = tenantIds(write, tenants);
  if (ids.ownerTenantId !== before.ownerTenantId) {
    // Whoever gives a cluster away must be one who might have registered it there.
    call.require("cluster:create", ids.ownerTenantId === null ? {} : { tenantId: ids.ownerTenantId });
  }
  const changes = {
    displayName: write.displayName ?? null,
    labels: write.labels ?? {},
    provider: write.provider ?? null,
    region: write.region ?? null,
    ...ids,
  };
  const held = Object.fromEntries(Object.keys(changes).map((key) => [key, before[key as keyof ClusterRow]]));
  if (sameJson(changes, held)) {
    const answer = await clusterAnswer(call, 200, before);
    return call.commit({ db, statements: [], events: [], answer });
  }
  const version = before.version + 1;
  const after: Cluster = {
    ...before,
    ...changes,
    ownerTenant,
    allowedTenantNames,
    version,
    updatedAt: call.now,
  };
  const handed = handedOver(db, before, after);
  return call.commit({
    db,
    statements: [...updateCluster(db, before, { ...changes, updatedAt: call.now }), ...handed.statements],
    events: [
      {
        type: "evt.cluster.updated",
        tenantId: null,
        subject: `cluster/${after.id}`,
        data: { before: clusterState(before), after: clusterState(after) },
      },
      ...handed.events,
    ],
    audit: inOwnersLog(before, after),
    answer: await clusterAnswer(call, 200, after),
  });
}
