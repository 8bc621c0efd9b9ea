import { defineRoute } from "../../routing/define.ts";
import { clusterViewExample } from "./examples.ts";
import { clusterParams, clusterSchema } from "./schema.ts";
import { clusterView, readCluster } from "./write.ts";

export const getCluster = defineRoute({
  method: "get",
  path: "/api/v1/clusters/{cluster}",
  operationId: "getCluster",
  tag: "clusters",
  summary: "Get a cluster",
  description: "With its status as of now, what it can do, and a summary of what is in it.",
  action: "cluster:get",
  params: clusterParams,
  conditional: ["If-None-Match"],
  answers: {
    200: {
      description: "The cluster.",
      schema: clusterSchema,
      example: clusterViewExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    return clusterView(call, await readCluster(call));
  },
});
