import { sameJson } from "../../../domain/canonical/same.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import {
  type Cluster,
  type ClusterRow,
  clusterOf,
  clusterState,
  findCluster,
  tenantsByName,
  updateCluster,
} from "../../store/clusters.ts";
import { clusterStub, directory } from "../../store/database.ts";
import type { Row } from "../../store/rows.ts";
import { present } from "../shared/catalogue.ts";
import { livenessOf } from "../shared/liveness.ts";
import { type ClusterWrite, clusterJson } from "./schema.ts";

/** The cluster of a route's path, not deleted. @throws KubeNovaError KN-1200 */
export async function readCluster(call: Call<{ cluster: string }>): Promise<Cluster> {
  const db = directory(call.env);
  const [found] = await call.read(db, [findCluster(db, call.params.cluster)]);
  const cluster = clusterOf(found?.results[0]);
  call.authorize(cluster ? objectOf(cluster) : {});
  return present("cluster", call.params.cluster, cluster);
}

/** What is asked about: the owner's tenant, where it has one. */
export const objectOf = (cluster: ClusterRow): { id: string; tenantId?: string } =>
  cluster.ownerTenantId === null ? { id: cluster.id } : { id: cluster.id, tenantId: cluster.ownerTenantId };

/** Names of tenants that a body speaks of. */
export const namedTenants = (write: Pick<ClusterWrite, "ownerTenant" | "allowedTenants">): string[] => [
  ...new Set([...(write.allowedTenants ?? []), ...(write.ownerTenant ? [write.ownerTenant] : [])]),
];

export const findNamedTenants = (db: D1Database, write: ClusterWrite): D1PreparedStatement =>
  tenantsByName(db, namedTenants(write));

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
  const overview = await clusterStub(call.env, cluster.id)
    .overview()
    .catch(() => ({ connected: false, lastSeenAt: null, session: 0 }));
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
  return call.commit({
    db,
    statements: updateCluster(db, before, { ...changes, updatedAt: call.now }),
    events: [
      {
        type: "evt.cluster.updated",
        tenantId: null,
        subject: `cluster/${after.id}`,
        data: { before: clusterState(before), after: clusterState(after) },
      },
    ],
    answer: await clusterAnswer(call, 200, after),
  });
}
