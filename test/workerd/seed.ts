import { ulid } from "ulid";
import type { AppSpec } from "../../domain/apps/spec.ts";
import { formatId, type IdKind } from "../../domain/ids/index.ts";
import { insertRow } from "../../worker/store/rows.ts";
import {
  apps,
  environments,
  projects,
  releases,
  revisions,
  tenants,
} from "../../worker/store/schema/index.ts";

/** Rows as the API writes them, for tests of what reads them. */
export const anId = (kind: IdKind): string => formatId(kind, ulid());

export interface World {
  tenantId: string;
  projectId: string;
  environmentId: string;
  appId: string;
  releaseId: string;
  clusterId: string;
}

const times = { createdAt: 1, updatedAt: 1, labels: {} };

/** Tenant acme-N, project shop, environment staging on a cluster, app web released there. */
export async function seedWorld(
  db: D1Database,
  options: { name?: string; clusterId?: string; spec?: AppSpec } = {},
): Promise<World> {
  const world: World = {
    tenantId: anId("tenant"),
    projectId: anId("project"),
    environmentId: anId("environment"),
    appId: anId("app"),
    releaseId: anId("release"),
    clusterId: options.clusterId ?? anId("cluster"),
  };
  const name = options.name ?? `t${world.tenantId.slice(-10).toLowerCase()}`;
  const { tenantId, projectId, environmentId, appId, clusterId } = world;
  const revisionId = anId("revision");
  const spec = options.spec ?? { specVersion: 1, source: { image: { image: "registry.local/web:1" } } };
  await db.batch([
    insertRow(db, tenants, { id: tenantId, name, region: "eu", ...times }),
    insertRow(db, projects, { id: projectId, tenantId, name: "shop", ...times }),
    insertRow(db, environments, {
      id: environmentId,
      tenantId,
      projectId,
      name: "staging",
      position: 0,
      namespace: `${name}-shop-staging`,
      clusterId,
      placements: [{ clusterId, at: 1, by: "test" }],
      ...times,
    }),
    insertRow(db, apps, {
      id: appId,
      tenantId,
      projectId,
      name: "web",
      revisionId,
      revisionNumber: 1,
      ...times,
    }),
    insertRow(db, revisions, {
      id: revisionId,
      tenantId,
      appId,
      number: 1,
      digest: `sha256:${"a".repeat(64)}`,
      spec: JSON.stringify(spec),
      createdAt: 1,
      createdBy: "test",
    }),
    insertRow(db, releases, {
      id: world.releaseId,
      tenantId,
      projectId,
      appId,
      environmentId,
      revisionId,
      desiredRevision: 1,
      correlationId: "corr-seed",
      createdAt: 1,
      updatedAt: 1,
    }),
  ]);
  return world;
}
