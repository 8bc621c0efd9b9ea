import { proofMessage } from "../../protocol/tunnel/auth.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { PROTOCOL_VERSION } from "../../protocol/tunnel/limits.ts";
import { type KeyPair, signWith } from "../identity/keys.ts";
import { VERSION } from "../version.ts";
import type { Challenge, Hello } from "./types.ts";

export interface HelloInput {
  managerUrl: URL;
  clusterId: string;
  clusterUid: string;
  /** The present key: it may be rotated between two dials. */
  key: () => KeyPair;
  /** Where the stored desired state stands; undefined asks for a snapshot. */
  cursor: () => FrameOf<"hello">["cursor"];
  /** What the cluster says of itself. */
  observed: () => Pick<Hello, "capabilities" | "inventory">;
}

/** The answer to a challenge, signed with the present key. */
export async function helloOf(input: HelloInput, { nonce, epochId }: Challenge): Promise<Hello> {
  const { clusterId, clusterUid, managerUrl } = input;
  const key = input.key();
  const host = managerUrl.host.toLowerCase();
  const cursor = input.cursor();
  return {
    t: "hello",
    versions: [PROTOCOL_VERSION],
    agentVersion: VERSION,
    publicKey: key.publicKey,
    signature: signWith(key, proofMessage({ clusterId, nonce, host, epochId, clusterUid })),
    host,
    clusterUid,
    ...(cursor ? { cursor } : {}),
    ...input.observed(),
  };
}
