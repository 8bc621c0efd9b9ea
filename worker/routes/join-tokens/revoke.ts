import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { clusterOf, findCluster } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { findJoinToken, joinTokenOf, revokeJoinToken as revokeRow } from "../../store/join-tokens.ts";
import { guardOne } from "../../store/rows.ts";
import { joinTokenExample } from "../clusters/examples.ts";
import { clusterParam } from "../clusters/schema.ts";
import { authorizeCluster, inOwnersLog } from "../clusters/write.ts";
import { present } from "../shared/catalogue.ts";
import { joinTokenJson, joinTokenSchema } from "./schema.ts";

export const revokeJoinToken = defineRoute({
  method: "delete",
  path: "/api/v1/clusters/{cluster}/join-tokens/{token}",
  operationId: "revokeJoinToken",
  tag: "join-tokens",
  summary: "Revoke a join token",
  description: "An agent that enrolled with it already stays enrolled.",
  action: "cluster:update",
  params: z.strictObject({
    cluster: clusterParam,
    token: z
      .string()
      .regex(idPattern("joinToken"))
      .meta({ examples: [joinTokenExample.id] }),
  }),
  answers: {
    200: {
      description: "The token as it is now.",
      schema: joinTokenSchema,
      example: { ...joinTokenExample, state: "revoked", revokedAt: "2026-11-21T10:01:00.000Z" },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found, foundToken] = await call.read(db, [
      findCluster(db, call.params.cluster),
      findJoinToken(db, call.params.token),
    ]);
    const row = clusterOf(found?.results[0]);
    authorizeCluster(call, row);
    const cluster = present("cluster", call.params.cluster, row);
    const { id } = cluster;
    const token = joinTokenOf(foundToken?.results[0]);
    if (token?.clusterId !== id) throw new KubeNovaError("KN-1200", "The cluster has no such join token.");
    const after = { ...token, revokedAt: token.revokedAt ?? call.now };
    const answer = { status: 200, body: joinTokenJson(after, call.now) };
    if (token.revokedAt !== null) return call.commit({ db, statements: [], events: [], answer });
    const data = { joinTokenId: token.id };
    return call.commit({
      db,
      statements: [revokeRow(db, token.id, call.now), guardOne(db)],
      events: [{ type: "evt.cluster.join-token-revoked", tenantId: null, subject: `cluster/${id}`, data }],
      audit: inOwnersLog(cluster),
      answer,
    });
  },
});
