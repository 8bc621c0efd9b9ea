import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { newJoinTokenExample } from "../clusters/examples.ts";
import { clusterParams } from "../clusters/schema.ts";
import { inOwnersLog, readCluster } from "../clusters/write.ts";
import { iso } from "../shared/catalogue.ts";
import { makeJoinToken } from "./make.ts";
import { newJoinTokenSchema } from "./schema.ts";

export const createJoinToken = defineRoute({
  method: "post",
  path: "/api/v1/clusters/{cluster}/join-tokens",
  operationId: "createJoinToken",
  tag: "join-tokens",
  summary: "Make a join token",
  description: "It works once, within 15 minutes, and is shown in this answer alone.",
  action: "cluster:update",
  params: clusterParams,
  answers: {
    201: {
      description: "The token.",
      schema: newJoinTokenSchema,
      example: newJoinTokenExample,
      headers: ["Location"],
    },
  },
  errors: ["KN-1304"],
  async handler(call) {
    const db = directory(call.env);
    const cluster = await readCluster(call);
    const token = await makeJoinToken(call, db, cluster);
    const location = `/api/v1/clusters/${cluster.name}/join-tokens/${token.row.id}`;
    return call.commit({
      db,
      statements: [token.statement],
      events: [
        {
          type: "evt.cluster.join-token-created",
          tenantId: null,
          subject: `cluster/${cluster.id}`,
          data: { joinTokenId: token.row.id, expiresAt: iso(token.row.expiresAt) },
        },
      ],
      audit: inOwnersLog(cluster),
      answer: { status: 201, body: token.json, location },
      secretReference: location,
    });
  },
});
