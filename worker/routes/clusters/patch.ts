import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import {
  type Cluster,
  clusterOf,
  findCluster,
  tenantsByName,
  tenantsOfCluster,
} from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { present, writtenFields } from "../shared/catalogue.ts";
import { clusterExample } from "./examples.ts";
import { clusterParams, clusterSchema, patchClusterSchema, writeClusterSchema } from "./schema.ts";
import { authorizeCluster, namedTenants, replaceCluster, visibleTenants } from "./write.ts";

const written = (cluster: Cluster) => ({
  ...writtenFields(cluster),
  ...(cluster.provider === null ? {} : { provider: cluster.provider }),
  ...(cluster.region === null ? {} : { region: cluster.region }),
  ...(cluster.ownerTenant === null ? {} : { ownerTenant: cluster.ownerTenant }),
  ...(allowedNames(cluster) === null ? {} : { allowedTenants: allowedNames(cluster) }),
});

/** A tenant that was purged leaves its own cluster to nobody, not to everybody. */
const allowedNames = (cluster: Cluster): string[] | null =>
  cluster.allowedTenantNames ?? (cluster.ownerTenantId !== null && cluster.ownerTenant === null ? [] : null);

export const patchCluster = defineRoute({
  method: "patch",
  path: "/api/v1/clusters/{cluster}",
  operationId: "patchCluster",
  tag: "clusters",
  summary: "Change fields of a cluster",
  description:
    "A JSON Merge Patch (RFC 7396): null takes a field away. Name and mode never change; an environment that is placed already stays where a tenant is no longer allowed.",
  action: "cluster:update",
  params: clusterParams,
  body: {
    schema: patchClusterSchema,
    example: { labels: { tier: "staging" }, region: null },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The cluster as it is now.",
      schema: clusterSchema,
      example: clusterExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const { ownerTenant, allowedTenants } = call.body;
    const given = { ...(ownerTenant ? { ownerTenant } : {}), ...(allowedTenants ? { allowedTenants } : {}) };
    const [found, named, known] = await call.read(db, [
      findCluster(db, call.params.cluster),
      tenantsByName(db, namedTenants(given)),
      // What the row names already, deleted tenants too: a patch of something else does not trip over them.
      tenantsOfCluster(db, call.params.cluster),
    ]);
    const row = clusterOf(found?.results[0]);
    authorizeCluster(call, row);
    const cluster = present("cluster", call.params.cluster, row);
    call.checkPrecondition(cluster);
    const write = validate(writeClusterSchema, mergePatch(written(cluster), call.body), "body");
    return replaceCluster(call, cluster, write, [
      ...visibleTenants(call, named?.results),
      ...(known?.results ?? []),
    ]);
  },
});
