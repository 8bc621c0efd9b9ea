import { z } from "zod";
import { TRACEPARENT } from "../../domain/trace/context.ts";
import { digest, id, seq } from "./frame-fields.ts";

/** What the cluster should be, edge to agent, and what of it is stored there. */

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
