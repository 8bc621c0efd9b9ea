import { visibleOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { clusterPage, listClusters as listClusterRows } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { livenessOf } from "../shared/liveness.ts";
import { listQuerySchema } from "../shared/paging.ts";
import { clusterExample } from "./examples.ts";
import { clusterJson, clusterPageSchema } from "./schema.ts";

const SILENT = { connected: false, lastSeenAt: null, session: 0 };

export const listClusters = defineRoute({
  method: "get",
  path: "/api/v1/clusters",
  operationId: "listClusters",
  tag: "clusters",
  summary: "List clusters",
  action: "cluster:list",
  query: listQuerySchema,
  answers: {
    200: {
      description: "A page of clusters, each with its status as of now.",
      schema: clusterPageSchema,
      example: { items: [clusterExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const db = directory(call.env);
    await call.identify();
    call.authorize({});
    const visible = visibleOf(call.principal, "cluster");
    const [rows] = await call.read(db, [listClusterRows(db, call.query, visible)]);
    const { items, nextCursor } = clusterPage(rows?.results ?? [], call.query);
    const liveness = await livenessOf(
      call.env,
      items.map(({ id }) => id),
    );
    const body = {
      items: items.map((item) => clusterJson(item, liveness.get(item.id) ?? SILENT)),
      nextCursor,
    };
    return { status: 200, body };
  },
});
