import type { AppSource } from "../apps/spec.ts";
import { LABEL } from "../names/labels.ts";
import {
  type CustomResource,
  type DesiredDocument,
  desiredKey,
  projectResource,
  type ReleaseInput,
  releaseResource,
  tenantResource,
} from "./index.ts";

/**
 * From current rows to the documents of clusters. What must hold: a document depends on the rows alone, never on the
 * event that made us look, and its revision grows with every change of those rows. So deliveries may come twice, late
 * or in any order: for each key and cluster the one made from the newest rows has the highest revision and wins.
 */
export interface Located {
  clusterId: string;
  document: DesiredDocument;
}

export interface TenantRow {
  id: string;
  name: string;
  displayName: string | null;
  revision: number;
  alive: boolean;
  /** Clusters that an environment of the tenant names, and whether one that is not deleted does. */
  clusters: { clusterId: string; placed: boolean }[];
}

export interface EnvironmentRow {
  id: string;
  name: string;
  namespace: string;
  adopted: boolean;
  alive: boolean;
  clusterId: string | null;
  /** Every cluster that it was ever placed on. */
  history: string[];
}

export interface ProjectRow {
  id: string;
  name: string;
  revision: number;
  /** Neither it nor its tenant is deleted. */
  alive: boolean;
  tenant: { id: string; name: string; displayName: string | null };
  environments: EnvironmentRow[];
}

/** What its document says, but for the source; and where the document belongs. */
export interface ReleaseRow extends Omit<ReleaseInput, "source"> {
  revision: number;
  correlationId: string;
  /** Neither it nor anything that it hangs on is deleted. */
  alive: boolean;
  clusterId: string | null;
  /** Every cluster that its environment was ever placed on. */
  history: string[];
}

const locate = (
  clusterId: string,
  key: string,
  revision: number,
  correlationId: string,
  resource: CustomResource | undefined,
): Located => ({
  clusterId,
  document: resource
    ? { key, revision, op: "upsert", resource: inCluster(resource, clusterId), correlationId }
    : { key, revision, op: "tombstone", correlationId },
});

/** The label that the agent puts on everything it makes from the resource, by id: names may be given anew. */
export const inCluster = (resource: CustomResource, clusterId: string): CustomResource => ({
  ...resource,
  metadata: { ...resource.metadata, labels: { ...resource.metadata.labels, [LABEL.cluster]: clusterId } },
});

/** @param also clusters to be told beside those that the rows name: where a placement was */
export function tenantDocuments(row: TenantRow, also: Iterable<string>, correlationId: string): Located[] {
  const placed = new Map([...also].map((clusterId) => [clusterId, false]));
  for (const cluster of row.clusters) placed.set(cluster.clusterId, cluster.placed);
  return [...placed].map(([clusterId, isPlaced]) =>
    locate(
      clusterId,
      desiredKey.tenant(row.id),
      row.revision,
      correlationId,
      row.alive && isPlaced ? tenantResource(plainTenant(row)) : undefined,
    ),
  );
}

export function projectDocuments(row: ProjectRow, also: Iterable<string>, correlationId: string): Located[] {
  const clusters = new Set(also);
  for (const { clusterId } of row.environments) if (clusterId) clusters.add(clusterId);
  return [...clusters].map((clusterId) => {
    const environments = row.environments.filter((each) => each.alive && each.clusterId === clusterId);
    const resource =
      row.alive && environments.length > 0
        ? projectResource({ id: row.id, name: row.name, tenant: plainTenant(row.tenant), environments })
        : undefined;
    return locate(clusterId, desiredKey.project(row.id), row.revision, correlationId, resource);
  });
}

/** The cluster that runs the release; undefined where none does. Only there is its source needed. */
export const runsOn = (row: ReleaseRow): string | undefined =>
  row.alive && row.clusterId ? row.clusterId : undefined;

/** @param source of the release's revision in its environment; not read where it runs nowhere */
export function releaseDocuments(
  row: ReleaseRow,
  source: AppSource | undefined,
  also: Iterable<string>,
): Located[] {
  const clusters = new Set(also);
  if (row.clusterId) clusters.add(row.clusterId);
  return [...clusters].map((clusterId) => {
    const runsHere = runsOn(row) === clusterId;
    if (runsHere && !source) throw new TypeError(`release ${row.id} has no source`);
    const resource = runsHere && source ? releaseResource({ ...row, source }) : undefined;
    return locate(clusterId, desiredKey.release(row.id), row.revision, row.correlationId, resource);
  });
}

const plainTenant = ({
  id,
  name,
  displayName,
}: {
  id: string;
  name: string;
  displayName: string | null;
}) => ({
  id,
  name,
  ...(displayName ? { displayName } : {}),
});
