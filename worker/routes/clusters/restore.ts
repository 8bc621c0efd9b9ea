import { defineRoute } from "../../routing/define.ts";
import { clusterOf, clusterState, findCluster, updateCluster } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { restorable } from "../shared/catalogue.ts";
import { newClusterExample } from "./examples.ts";
import { clusterParams, clusterSchema } from "./schema.ts";
import { authorizeCluster, clusterAnswer, inOwnersLog } from "./write.ts";

export const restoreCluster = defineRoute({
  method: "post",
  path: "/api/v1/clusters/{cluster}:restore",
  operationId: "restoreCluster",
  tag: "clusters",
  summary: "Bring a deleted cluster back",
  description:
    "Its agent's key is good again. An agent that stopped is started anew, or enrols with a new join token.",
  action: "cluster:restore",
  params: clusterParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The cluster.",
      schema: clusterSchema,
      example: { ...newClusterExample, version: 5, status: "unknown" },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1203", "KN-1306"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findCluster(db, call.params.cluster)]);
    const row = clusterOf(found?.results[0]);
    authorizeCluster(call, row);
    const before = restorable("cluster", call.params.cluster, row, call.now);
    call.checkPrecondition(before);
    const changes = { deletedAt: null, updatedAt: call.now };
    const after = { ...before, ...changes, version: before.version + 1 };
    return call.commit({
      db,
      statements: updateCluster(db, before, changes),
      events: [
        {
          type: "evt.cluster.updated",
          tenantId: null,
          subject: `cluster/${after.id}`,
          data: { before: clusterState(before), after: clusterState(after) },
        },
      ],
      audit: inOwnersLog(before),
      answer: await clusterAnswer(call, 200, after),
    });
  },
});
