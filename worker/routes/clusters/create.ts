import { ulid } from "ulid";
import { formatId } from "../../../domain/ids/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { type Cluster, clusterOf, clusterState, findCluster, insertCluster } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import { makeJoinToken } from "../join-tokens/make.ts";
import { newJoinTokenSchema } from "../join-tokens/schema.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { newClusterExample, newJoinTokenExample } from "./examples.ts";
import { clusterJson, clusterSchema, createClusterSchema } from "./schema.ts";
import { clusterObject, findNamedTenants, inOwnersLog, tenantIds, visibleTenants } from "./write.ts";

export const createCluster = defineRoute({
  method: "post",
  path: "/api/v1/clusters",
  operationId: "createCluster",
  tag: "clusters",
  summary: "Register a cluster",
  description:
    "The answer holds a one-time join token and the command that installs the agent with it; both are shown this once. No kubeconfig is ever uploaded: the agent dials out.",
  action: "cluster:create",
  body: {
    schema: createClusterSchema,
    example: { name: "berlin-1", provider: "hetzner", region: "eu-central", labels: { tier: "production" } },
  },
  answers: {
    201: {
      description: "The cluster, and what its agent needs to enrol.",
      schema: clusterSchema.extend({ joinToken: newJoinTokenSchema }).meta({ id: "NewCluster" }),
      example: { ...newClusterExample, joinToken: newJoinTokenExample },
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300", "KN-1304"],
  async handler(call) {
    const db = directory(call.env);
    const { body, now } = call;
    const [found, tenants] = await call.read(db, [findCluster(db, body.name), findNamedTenants(db, body)]);
    const seen = visibleTenants(call, tenants?.results);
    const owner = seen.find(({ name }) => name === body.ownerTenant);
    call.authorize(owner ? { tenantId: String(owner.id) } : {});
    const { ownerTenant, allowedTenantNames, ...ids } = tenantIds(body, seen);
    const taken = clusterOf(found?.results[0]);
    nameIsFree("cluster", taken, taken && call.can("cluster:get", clusterObject(taken)));
    const row = {
      id: call.newId("cluster"),
      name: body.name,
      displayName: body.displayName ?? null,
      labels: body.labels ?? {},
      version: 1,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      provider: body.provider ?? null,
      region: body.region ?? null,
      mode: body.mode ?? "manage",
      ...ids,
      state: "pending_bootstrap" as const,
      capabilities: null,
      inventory: null,
      kubeUid: null,
      agentVersion: null,
      epoch: 1,
      epochId: formatId("epoch", ulid(now)),
      claimedAt: null,
    };
    const cluster: Cluster = { ...row, ownerTenant, allowedTenantNames };
    const token = await makeJoinToken(call, db, cluster);
    const silent = { connected: false, lastSeenAt: null, session: 0 };
    return call.commit({
      db,
      statements: [insertCluster(db, row), token.statement],
      events: [
        {
          type: "evt.cluster.created",
          tenantId: null,
          subject: `cluster/${cluster.id}`,
          data: { before: null, after: clusterState(cluster) },
        },
      ],
      audit: inOwnersLog(cluster),
      answer: {
        status: 201,
        body: { ...clusterJson(cluster, silent), joinToken: token.json },
        etag: etagOf(1),
        location: `/api/v1/clusters/${cluster.name}`,
      },
      secretReference: `/api/v1/clusters/${cluster.name}`,
    });
  },
});
