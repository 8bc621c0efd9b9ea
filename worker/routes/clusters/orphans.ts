import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { askObject } from "../../limits/circuit.ts";
import { defineRoute } from "../../routing/define.ts";
import { clusterStub, directory } from "../../store/database.ts";
import { confirmed, confirmQuery } from "../shared/catalogue.ts";
import { clusterParam, clusterParams } from "./schema.ts";
import { inOwnersLog, readCluster } from "./write.ts";

const orphanSchema = z
  .object({ key: z.string(), message: z.string() })
  .meta({ id: "Orphan", description: "What a cluster holds and its desired set no longer names." });

const KEY = "release/rel_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";

export const listOrphans = defineRoute({
  method: "get",
  path: "/api/v1/clusters/{cluster}/orphans",
  operationId: "listClusterOrphans",
  tag: "clusters",
  summary: "List a cluster's orphans",
  action: "cluster:get",
  params: clusterParams,
  answers: {
    200: {
      description: "The first thousand, by key.",
      schema: z.object({ items: z.array(orphanSchema) }).meta({ id: "OrphanList" }),
      example: { items: [{ key: KEY, message: "not in the first snapshot of epoch 2" }] },
    },
  },
  errors: ["KN-1501", "KN-1505"],
  async handler(call) {
    const cluster = await readCluster(call);
    const { orphans } = await askObject(call.env, cluster.id, (object) => object.overview());
    return { status: 200, body: { items: orphans } };
  },
});

export const deleteOrphan = defineRoute({
  method: "delete",
  path: "/api/v1/clusters/{cluster}/orphans/{kind}/{id}",
  operationId: "deleteClusterOrphan",
  tag: "clusters",
  summary: "Delete an orphan in its cluster",
  description:
    "Confirmed by its key: `?confirm=release/rel_…`. The agent gets a tombstone, and deletes what it owns of it.",
  action: "cluster:update",
  params: z.strictObject({
    cluster: clusterParam,
    kind: z.enum(["tenant", "project", "release"]).meta({ examples: ["release"] }),
    id: z
      .string()
      .regex(/^[a-z]{3}_[0-9A-Z]{26}$/)
      .meta({ examples: [KEY.slice("release/".length)] }),
  }),
  query: confirmQuery(KEY),
  answers: {
    202: {
      description: "The tombstone is on its way.",
      schema: orphanSchema,
      example: { key: KEY, message: "" },
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const cluster = await readCluster(call);
    const key = `${call.params.kind}/${call.params.id}`;
    confirmed(key, call.query.confirm);
    const removed = await clusterStub(call.env, cluster.id).removeOrphan(key, call.correlationId);
    if (!removed) throw new KubeNovaError("KN-1200", `The cluster has no orphan ${key}.`);
    const answer = { status: 202, body: { key, message: "" } };
    const subject = `cluster/${cluster.id}`;
    return call.commit({
      db: directory(call.env),
      statements: [],
      events: [{ type: "evt.cluster.orphan-removed", tenantId: null, subject, data: { key } }],
      audit: inOwnersLog(cluster),
      answer,
    });
  },
});
