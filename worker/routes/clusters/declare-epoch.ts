import { ulid } from "ulid";
import { formatId } from "../../../domain/ids/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { moveEpoch } from "../../store/cluster-lineage.ts";
import { clusterStub, directory } from "../../store/database.ts";
import { confirmed, confirmQuery } from "../shared/catalogue.ts";
import { clusterExample } from "./examples.ts";
import { clusterParams, clusterSchema } from "./schema.ts";
import { clusterAnswer, inOwnersLog, readCluster } from "./write.ts";

export const declareEpoch = defineRoute({
  method: "post",
  path: "/api/v1/clusters/{cluster}:declare-epoch",
  operationId: "declareClusterEpoch",
  tag: "clusters",
  summary: "Make the database the truth again",
  description:
    "After a restore of the manager's database its revisions are older than what the cluster has, and so refused. This begins a new lineage: the desired set is built anew from the database. Nothing in the cluster is deleted by it; what the set lacks is reported as an orphan.",
  action: "cluster:update",
  params: clusterParams,
  query: confirmQuery("berlin-1"),
  answers: {
    202: {
      description: "The cluster in its new epoch; its agent connects anew.",
      schema: clusterSchema,
      example: { ...clusterExample, version: 6, epoch: 2 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const db = directory(call.env);
    const cluster = await readCluster(call);
    confirmed(cluster.name, call.query.confirm);
    // A database from before the last epoch is behind its object: the new one must be above both.
    const held = await clusterStub(call.env, cluster.id).overview();
    const epoch = Math.max(cluster.epoch, held.epoch) + 1;
    const to = { epoch, epochId: formatId("epoch", ulid(call.now)) };
    const after = { ...cluster, ...to, version: cluster.version + 1, updatedAt: call.now };
    return call.commit({
      db,
      statements: moveEpoch(db, cluster.id, cluster, to, call.now),
      events: [
        {
          type: "evt.cluster.epoch-declared",
          tenantId: null,
          subject: `cluster/${cluster.id}`,
          data: { epoch, previousEpoch: cluster.epoch, reason: "declared" },
        },
      ],
      audit: inOwnersLog(cluster),
      answer: await clusterAnswer(call, 202, after),
    });
  },
});
