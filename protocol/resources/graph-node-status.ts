import { z } from "zod";
import { messageSchema, timeSchema } from "./common.ts";

export const NODE_STATES = [
  "Waiting",
  "Blocked",
  "Applying",
  "Progressing",
  "Ready",
  "Degraded",
  "Failed",
  "Refused",
  "Pruning",
  /** Somebody changed it, and the policy is to report that. */
  "Drifted",
  /** Left alone, as its annotation `kubenova.io/reconcile: disabled` asks. */
  "Disabled",
  /** It left the graph and is still there; the message says why, or when it goes. */
  "Kept",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Managers that one refused apply names at most, and fields of each. */
export const MAX_CONFLICTS = 8;
export const MAX_CONFLICT_FIELDS = 16;

/** Fields of ours that another manager holds. */
export const fieldConflictSchema = z.object({
  manager: z.string().max(128),
  fields: z.array(z.string().max(512)).max(MAX_CONFLICT_FIELDS),
});
export type FieldConflict = z.infer<typeof fieldConflictSchema>;

/** Dependencies that a waiting node names. */
export const MAX_BLOCKERS = 10;

export const nodeStatusSchema = z.object({
  id: z.string().max(512),
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  state: z.enum(NODE_STATES),
  /** When it was first seen in this state. */
  since: timeSchema.optional(),
  message: messageSchema.optional(),
  /** Failures in a row; from 8 on the next lower power of two. */
  attempts: z.int().min(0).optional(),
  lastError: messageSchema.optional(),
  /** What its readiness was read from, and what it said. */
  readyDetails: z.array(messageSchema).max(16).meta({ "x-kubernetes-list-type": "atomic" }).optional(),
  /** Dependencies that are not ready yet. */
  blockedBy: z
    .array(z.string().max(512))
    .max(MAX_BLOCKERS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Of the live object. */
  uid: z.string().max(64).optional(),
  /** Of what is applied (decisions.md 23). */
  hash: z.string().max(64).optional(),
  /** It was there before the graph. */
  adopted: z.boolean().optional(),
  conflicts: z
    .array(fieldConflictSchema)
    .max(MAX_CONFLICTS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;
