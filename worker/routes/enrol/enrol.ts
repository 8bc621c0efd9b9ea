import { acceptedHosts } from "../../../domain/cluster/hello.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { enrolMessage, verifyEd25519 } from "../../../protocol/tunnel/auth.ts";
import {
  type EnrolRequest,
  enrolRequestSchema,
  enrolResponseSchema,
  tunnelPath,
} from "../../../protocol/tunnel/enrol.ts";
import { hashSecret, sameHash } from "../../keys/secret.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { findClusterKey, insertClusterKey, retireOtherKeys } from "../../store/cluster-keys.ts";
import { type Cluster, clusterOf, findClusterOfToken, updateCluster } from "../../store/clusters.ts";
import { directory } from "../../store/database.ts";
import {
  findJoinToken,
  type JoinToken,
  joinTokenOf,
  joinTokenState,
  useJoinToken,
} from "../../store/join-tokens.ts";
import { guardOne, type Row } from "../../store/rows.ts";
import { inOwnersLog } from "../clusters/write.ts";

const ID = "jtk_01KAJ7Z8Q4X2N6V0D3M5R9T1WC";

export const enrol = defineRoute({
  method: "post",
  path: "/api/v1/enrol",
  operationId: "enrol",
  tag: "join-tokens",
  summary: "Enrol an agent",
  description:
    "Called by the agent, once: a join token buys the place of the key that it made in its cluster. A second enrolment, with another token, replaces the key; it must come from the same cluster.",
  action: "public",
  shield: "enrol",
  body: {
    schema: enrolRequestSchema,
    example: {
      token: `${ID}.${"0f".repeat(32)}`,
      publicKey: "A".repeat(43),
      signature: "A".repeat(86),
      host: "kubenova.example.com",
      clusterUid: "6f1c1ad4-5a0e-4f0e-9a51-0f6a2a1b3c4d",
      agentVersion: "0.1.0",
    },
  },
  answers: {
    200: {
      description: "The key is good from now on; the tunnel is at `tunnelPath` of the same host.",
      schema: enrolResponseSchema.meta({ id: "Enrolment" }),
      example: {
        clusterId: "cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
        clusterName: "berlin-1",
        clusterMode: "manage",
        tunnelPath: tunnelPath("cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"),
      },
    },
  },
  errors: ["KN-1400", "KN-1401", "KN-1403"],
  async handler(call) {
    const db = directory(call.env);
    const { body } = call;
    const [tokenId = "", secret = ""] = body.token.split(".");
    const [tokenRow, clusterRow, keyRow] = await call.read(db, [
      findJoinToken(db, tokenId),
      findClusterOfToken(db, tokenId),
      findClusterKey(db, body.publicKey),
    ]);
    const token = joinTokenOf(tokenRow?.results[0]);
    const cluster = clusterOf(clusterRow?.results[0]);
    const known = token && sameHash(token.secretHash, await hashSecret(secret));
    if (!token || !known || !cluster || cluster.deletedAt !== null) throw new KubeNovaError("KN-1400");
    await checkProof(call, tokenId);
    if (cluster.kubeUid !== null && cluster.kubeUid !== body.clusterUid) {
      throw new KubeNovaError(
        "KN-1403",
        "This cluster is registered with another kube-system UID; register a new one.",
      );
    }
    const held = keyRow?.results[0];
    if (isHeld(held, cluster) && joinTokenState(token, call.now) === "used") return answer(cluster);
    if (joinTokenState(token, call.now) !== "valid") throw new KubeNovaError("KN-1400");
    if (held) throw new KubeNovaError("KN-1401", "This key was enrolled before; make a new one.");
    return commit(call, { db, token, cluster });
  },
});

/** The answer of the first enrolment was lost on its way: the same agent may ask for it again. */
const isHeld = (held: Row | undefined, cluster: Cluster): boolean =>
  held?.cluster_id === cluster.id && held.retired_at === null;

/** @throws KubeNovaError KN-1401 */
async function checkProof(call: Call<unknown, unknown, EnrolRequest>, tokenId: string): Promise<void> {
  const { publicKey, signature, host, clusterUid } = call.body;
  if (!acceptedHosts(new URL(call.request.url).host, call.env.PUBLIC_HOSTS).includes(host.toLowerCase())) {
    throw new KubeNovaError("KN-1401", `The agent dialled ${host}, which is not this manager.`);
  }
  const message = enrolMessage({ tokenId, publicKey, clusterUid, host });
  if (!(await verifyEd25519(publicKey, signature, message))) throw new KubeNovaError("KN-1401");
}

/** The token is used, the key stored and older ones retired, all at once or not at all. */
function commit(
  call: Call<unknown, unknown, EnrolRequest>,
  { db, token, cluster }: { db: D1Database; token: JoinToken; cluster: Cluster },
) {
  const { publicKey, clusterUid, agentVersion } = call.body;
  const state = cluster.state === "pending_bootstrap" ? ("bootstrapping" as const) : cluster.state;
  const key = { publicKey, clusterId: cluster.id, kubeUid: clusterUid, createdAt: call.now, retiredAt: null };
  return call.commit({
    db,
    statements: [
      useJoinToken(db, token.id, call.now),
      guardOne(db),
      insertClusterKey(db, key),
      retireOtherKeys(db, cluster.id, publicKey, call.now),
      ...updateCluster(db, cluster, { kubeUid: clusterUid, agentVersion, state, updatedAt: call.now }),
    ],
    events: [
      {
        type: "evt.cluster.enrolled",
        tenantId: null,
        subject: `cluster/${cluster.id}`,
        data: { kubeUid: clusterUid, publicKey, agentVersion },
      },
    ],
    audit: { ...inOwnersLog(cluster), action: "cluster:enrol", actor: { kind: "agent", id: cluster.id } },
    answer: answer(cluster),
  });
}

const answer = (cluster: Cluster) => ({
  status: 200,
  body: {
    clusterId: cluster.id,
    clusterName: cluster.name,
    clusterMode: cluster.mode,
    tunnelPath: tunnelPath(cluster.id),
  },
});
