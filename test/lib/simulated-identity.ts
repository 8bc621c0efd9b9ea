import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { enrolMessage, proofMessage, toBase64Url } from "../../protocol/tunnel/auth.ts";
import type { EnrolResponse } from "../../protocol/tunnel/enrol.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import type { ApiClient } from "./api.ts";
import { registerCluster } from "./enrol.ts";

/** What an agent needs to prove itself. */
export interface AgentIdentity {
  clusterId: string;
  clusterUid: string;
  publicKey: string;
  key: KeyObject;
}

const signed = (key: KeyObject, message: Uint8Array): string => toBase64Url(sign(null, message, key));

/** Enrols a new key with a join token, as an agent does at its first start. @param managerUrl what agents will dial */
export async function enrolAgent(managerUrl: string, token: string): Promise<AgentIdentity> {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = String(pair.publicKey.export({ format: "jwk" }).x);
  const clusterUid = randomUUID();
  const host = new URL(managerUrl).host;
  const tokenId = token.slice(0, token.indexOf("."));
  const signature = signed(pair.privateKey, enrolMessage({ tokenId, publicKey, clusterUid, host }));
  const response = await fetch(`${managerUrl}/api/v1/enrol`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, publicKey, signature, host, clusterUid, agentVersion: "0.0.0-test" }),
  });
  if (!response.ok) throw new Error(`enrol answered ${response.status}: ${await response.text()}`);
  const { clusterId } = (await response.json()) as EnrolResponse;
  return { clusterId, clusterUid, publicKey, key: pair.privateKey };
}

/** Registers a cluster and enrols a key in it. */
export async function enrolCluster(api: ApiClient, managerUrl: string, name: string): Promise<AgentIdentity> {
  return enrolAgent(managerUrl, await registerCluster(api, name));
}

/** The answer to a challenge. */
export function helloOf(
  { clusterId, clusterUid, publicKey, key }: AgentIdentity,
  host: string,
  { nonce, epochId }: Pick<FrameOf<"challenge">, "nonce" | "epochId">,
  cursor: FrameOf<"hello">["cursor"],
): FrameOf<"hello"> {
  return {
    t: "hello",
    versions: [1],
    agentVersion: "0.0.0-test",
    publicKey,
    signature: signed(key, proofMessage({ clusterId, nonce, host, epochId, clusterUid })),
    host,
    clusterUid,
    ...(cursor ? { cursor } : {}),
    capabilities: { components: { agent: { version: "0.0.0-test", ready: true } }, flags: {} },
  };
}
