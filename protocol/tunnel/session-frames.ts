import { z } from "zod";
import { capabilitiesSchema, inventorySchema } from "../resources/status.ts";
import { base64url, id, seq } from "./frame-fields.ts";

/** Who speaks: challenge, hello, welcome, in this order; later what the cluster says of itself, and new keys. */

/** First frame on a socket: what the agent must sign. */
export const challengeSchema = z.object({
  t: z.literal("challenge"),
  versions: z.array(z.int()).min(1).max(16),
  nonce: base64url,
  epochId: id,
});

/** The hello was accepted. `mode` says what follows: desired frames after the cursor, or a whole snapshot. */
export const welcomeSchema = z.object({
  t: z.literal("welcome"),
  version: z.int(),
  session: z.int().min(1),
  epoch: z.int().min(1),
  epochId: id,
  /** Newest sequence number of the desired set. */
  seq,
  mode: z.enum(["resume", "snapshot"]),
  clusterId: id,
  clusterName: z.string().max(64),
  clusterMode: z.enum(["manage", "read-only"]),
  /** Kinds of frames, beyond those of the first managers, that this one takes. */
  features: z.array(z.string().max(32)).max(32).optional(),
});

export const helloSchema = z.object({
  t: z.literal("hello"),
  versions: z.array(z.int()).min(1).max(16),
  agentVersion: z.string().max(64),
  /** Raw Ed25519 public key (32 bytes) and signature over proofMessage(…) of auth.ts. */
  publicKey: base64url,
  signature: base64url,
  /** The host[:port] that the agent dialled, as in the signed message. */
  host: z.string().max(261),
  /** UID of the namespace kube-system. */
  clusterUid: z.string().min(1).max(64),
  /** Where the agent's stored state stands; absent where it has none. */
  cursor: z.object({ epochId: id, seq }).optional(),
  capabilities: capabilitiesSchema,
  inventory: inventorySchema.optional(),
});

export const observedSchema = z.object({
  t: z.literal("observed"),
  inventory: inventorySchema,
  capabilities: capabilitiesSchema,
});

/** Sent after the signature of the new key over rotationMessage(…): both keys hold until the new one was used. */
export const rotateKeySchema = z.object({
  t: z.literal("rotate-key"),
  publicKey: base64url,
  signature: base64url,
});

export const keyRotatedSchema = z.object({ t: z.literal("key-rotated"), publicKey: base64url });
