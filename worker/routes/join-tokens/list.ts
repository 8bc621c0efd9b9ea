import { defineRoute } from "../../routing/define.ts";
import { clusterOf, findCluster } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { joinTokenOf, listJoinTokens as listRows } from "../../store/join-tokens.ts";
import { joinTokenExample } from "../clusters/examples.ts";
import { clusterParams } from "../clusters/schema.ts";
import { authorizeCluster } from "../clusters/write.ts";
import { present } from "../shared/catalogue.ts";
import { joinTokenJson, joinTokenListSchema } from "./schema.ts";

export const listJoinTokens = defineRoute({
  method: "get",
  path: "/api/v1/clusters/{cluster}/join-tokens",
  operationId: "listJoinTokens",
  tag: "join-tokens",
  summary: "List a cluster's join tokens",
  action: "cluster:get",
  params: clusterParams,
  answers: {
    200: {
      description: "The newest hundred, without their secrets.",
      schema: joinTokenListSchema,
      example: { items: [joinTokenExample] },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found, rows] = await call.read(db, [
      findCluster(db, call.params.cluster),
      listRows(db, call.params.cluster),
    ]);
    const cluster = clusterOf(found?.results[0]);
    authorizeCluster(call, cluster);
    present("cluster", call.params.cluster, cluster);
    const tokens = (rows?.results ?? []).flatMap((row) => joinTokenOf(row) ?? []);
    return { status: 200, body: { items: tokens.map((token) => joinTokenJson(token, call.now)) } };
  },
});
