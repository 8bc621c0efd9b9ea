import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import {
  clusterOf,
  clusterState,
  environmentsPlacedOn,
  findCluster,
  updateCluster,
} from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { confirmed, confirmQuery, present } from "../shared/catalogue.ts";
import { deletedClusterExample } from "./examples.ts";
import { clusterParams, clusterSchema } from "./schema.ts";
import { authorizeCluster, clusterAnswer, inOwnersLog } from "./write.ts";

export const deleteCluster = defineRoute({
  method: "delete",
  path: "/api/v1/clusters/{cluster}",
  operationId: "deleteCluster",
  tag: "clusters",
  summary: "Delete a cluster",
  description:
    "Its agent is cut off at once. Nothing in the cluster is deleted: it goes on as it is. It is refused while environments are placed there, unless `force=true`; a restore brings it back for 30 days.",
  action: "cluster:delete",
  params: clusterParams,
  query: confirmQuery("berlin-1").extend({
    force: z
      .enum(["true", "false"])
      .optional()
      .meta({ description: "Although environments are placed there." }),
  }),
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted cluster.",
      schema: clusterSchema,
      example: deletedClusterExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008", "KN-1307"],
  async handler(call) {
    const db = directory(call.env);
    const [found, placed] = await call.read(db, [
      findCluster(db, call.params.cluster),
      environmentsPlacedOn(db, call.params.cluster),
    ]);
    const row = clusterOf(found?.results[0]);
    authorizeCluster(call, row);
    const before = present("cluster", call.params.cluster, row);
    confirmed(before.name, call.query.confirm);
    call.checkPrecondition(before);
    const environments = (placed?.results ?? []).map(({ path }) => String(path));
    if (environments.length > 0 && call.query.force !== "true") {
      throw new KubeNovaError(
        "KN-1307",
        "Environments are placed on this cluster; move them, or use ?force=true.",
        // Environments of other tenants are named to nobody who may not see them all.
        call.can("environment:get", {}) ? { environments } : { count: environments.length },
      );
    }
    const changes = { deletedAt: call.now, updatedAt: call.now };
    return call.commit({
      db,
      statements: updateCluster(db, before, changes),
      events: [
        {
          type: "evt.cluster.deleted",
          tenantId: null,
          subject: `cluster/${before.id}`,
          data: { before: clusterState(before), after: null },
        },
      ],
      audit: inOwnersLog(before),
      answer: await clusterAnswer(call, 200, { ...before, ...changes, version: before.version + 1 }),
    });
  },
});
