import { z } from "zod";
import { TRACEPARENT } from "../../domain/trace/context.ts";
import { capabilitiesSchema, documentStatusSchema, inventorySchema } from "../resources/status.ts";
import { MAX_CANCEL_MESSAGE } from "./limits.ts";

/**
 * The frames of the tunnel. A text message is one JSON object with its kind in `t`; a kind that the receiver does not
 * know is ignored, so either side may be the newer one. Stream bytes travel in binary messages (see data.ts).
 * Sequence numbers (`seq`) order the desired set of one cluster within one epoch and start at 1.
 */
const id = z.string().min(1).max(64);
const seq = z.int().min(0);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const base64url = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_-]+$/);
const streamId = z.int().min(1).max(0xffffffff);
const headers = z.array(z.tuple([z.string().max(256), z.string().max(16 * 1024)])).max(128);

// ---- edge → agent: session -------------------------------------------------------------------------------------

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
});

// ---- edge → agent: desired state -------------------------------------------------------------------------------

export const desiredSchema = z.object({
  t: z.literal("desired"),
  seq: z.int().min(1),
  key: z.string().min(1).max(128),
  revision: z.int().min(1),
  op: z.enum(["upsert", "tombstone"]),
  /** Digest of the canonical JSON of `resource`; absent for a tombstone. */
  digest: digest.optional(),
  resource: z.record(z.string(), z.unknown()).optional(),
  correlationId: z.string().max(128),
  /** Trace context of the change, where it is traced. */
  traceparent: z.string().regex(TRACEPARENT).optional(),
  /** Set on the frames of a snapshot: its id. */
  snapshot: id.optional(),
});

/**
 * A snapshot is complete only with its end frame, and the end's count and digest (see snapshotDigest) equal to what came.
 * It holds upserts only, ordered by key; `seq` is where the set stood at its begin, and documents that changed since
 * follow the end once more. The count of the begin is an estimate for progress.
 */
export const snapshotBeginSchema = z.object({
  t: z.literal("snapshot-begin"),
  snapshot: id,
  epochId: id,
  seq,
  count: z.int().min(0),
});
export const snapshotEndSchema = z.object({
  t: z.literal("snapshot-end"),
  snapshot: id,
  epochId: id,
  seq,
  count: z.int().min(0),
  digest,
});

/** The status report `n` is stored. */
export const statusAckSchema = z.object({ t: z.literal("status-ack"), n: z.int().min(1) });

export const keyRotatedSchema = z.object({ t: z.literal("key-rotated"), publicKey: base64url });

// ---- agent → edge ----------------------------------------------------------------------------------------------

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

/**
 * Every desired frame up to and including `seq` is stored in the cluster's API server, but for those in `refused`,
 * which it would not take (each also gets a status of phase Refused).
 */
export const ackSchema = z.object({
  t: z.literal("ack"),
  epochId: id,
  seq,
  refused: z
    .array(z.object({ key: z.string().max(128), revision: z.int(), message: z.string().max(1024) }))
    .max(100)
    .optional(),
  /**
   * While a snapshot comes in: how many of its documents are stored by now (`seq` stays where it was). The edge sends
   * on at DESIRED_WINDOW_BYTES beyond them.
   */
  snapshot: z.object({ id, stored: z.int().min(0) }).optional(),
});

export const statusSchema = z.object({
  t: z.literal("status"),
  n: z.int().min(1),
  epochId: id,
  items: z.array(documentStatusSchema).max(200),
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

// ---- streams, both ways ----------------------------------------------------------------------------------------

export const openSchema = z.object({
  t: z.literal("open"),
  s: streamId,
  /** Milliseconds until the response's head must be there. */
  deadlineMs: z.int().min(1).max(600_000),
  correlationId: z.string().max(128),
  /** Credit of the agent for bytes towards the edge: an absolute offset. */
  credit: z.int().min(0),
  target: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("service"),
      namespace: z.string().max(63),
      name: z.string().max(63),
      port: z.string().max(15),
      scheme: z.enum(["http", "https"]),
      method: z.string().max(16),
      path: z.string().max(8192),
      headers,
      /** Subprotocols where the client asked for a WebSocket. */
      websocket: z.array(z.string().max(128)).max(16).optional(),
    }),
    z.object({
      kind: z.literal("logs"),
      namespace: z.string().max(63),
      pod: z.string().max(253),
      container: z.string().max(63).optional(),
      follow: z.boolean(),
      tailLines: z.int().min(0).max(100_000).optional(),
      sinceSeconds: z.int().min(1).max(31_536_000).optional(),
      timestamps: z.boolean().optional(),
      previous: z.boolean().optional(),
    }),
    z.object({ kind: z.literal("pods"), namespace: z.string().max(63), selector: z.string().max(1024) }),
    /** What a NovaApp would become; it is the body, as JSON. Nothing is written. Answer: renderingSchema. */
    z.object({ kind: z.literal("render"), namespace: z.string().max(63) }),
    /** How the graph of a NovaApp stands. Answer: liveGraphSchema. */
    z.object({ kind: z.literal("graph"), namespace: z.string().max(63), app: z.string().max(253) }),
  ]),
});

/** Head of the answer. `credit`: absolute offset up to which the edge may send. */
export const openedSchema = z.object({
  t: z.literal("opened"),
  s: streamId,
  status: z.int().min(100).max(599),
  headers,
  /** Subprotocol chosen, where a WebSocket was accepted. */
  websocket: z.string().max(128).optional(),
  credit: z.int().min(0),
});

/** The receiver takes bytes up to this absolute offset; an older, smaller offset is ignored. */
export const creditSchema = z.object({ t: z.literal("credit"), s: streamId, upTo: z.int().min(0) });
/** No more bytes in this direction; `at` is the total sent, so that a loss is noticed. */
export const endSchema = z.object({
  t: z.literal("end"),
  s: streamId,
  at: z.int().min(0),
  closeCode: z.int().optional(),
  closeReason: z.string().max(123).optional(),
});
/** The stream is over in both directions. */
export const cancelSchema = z.object({
  t: z.literal("cancel"),
  s: streamId,
  code: z.string().max(32),
  message: z.string().max(MAX_CANCEL_MESSAGE),
});
/** What tells whose a frame of a stream is, whatever else is wrong with it. */
export const streamHeadSchema = z.object({ s: streamId });

// ---- chunks ----------------------------------------------------------------------------------------------------

/** Part `i` of `of` of a text message that is larger than one frame. */
export const chunkSchema = z.object({
  t: z.literal("chunk"),
  id: z.int().min(1),
  i: z.int().min(0),
  of: z.int().min(2).max(64),
  data: z.string(),
});

export const edgeFrameSchema = z.discriminatedUnion("t", [
  challengeSchema,
  welcomeSchema,
  desiredSchema,
  snapshotBeginSchema,
  snapshotEndSchema,
  statusAckSchema,
  keyRotatedSchema,
  openSchema,
  creditSchema,
  endSchema,
  cancelSchema,
]);
export const agentFrameSchema = z.discriminatedUnion("t", [
  helloSchema,
  ackSchema,
  statusSchema,
  observedSchema,
  rotateKeySchema,
  openedSchema,
  creditSchema,
  endSchema,
  cancelSchema,
]);

export type EdgeFrame = z.infer<typeof edgeFrameSchema>;
export type AgentFrame = z.infer<typeof agentFrameSchema>;
export type Frame = EdgeFrame | AgentFrame;
export type FrameOf<T extends Frame["t"]> = Extract<Frame, { t: T }>;
export type StreamTarget = FrameOf<"open">["target"];
export type DesiredFrame = FrameOf<"desired">;
