import { z } from "zod";
import { kubernetesFactSchema } from "../../domain/kubernetes-audit/fact.ts";

/** In the welcome of a manager that takes `audit` frames; an agent sends none to another. */
export const AUDIT_FEATURE = "audit";
/** Of one frame; its bytes are bounded by MAX_FRAME_BYTES. */
export const MAX_AUDIT_ITEMS = 500;

/** Requests to the API server for the audit log, agent to edge. One frame is under way at a time. */
export const auditSchema = z.object({
  t: z.literal("audit"),
  n: z.int().min(1),
  items: z.array(kubernetesFactSchema).min(1).max(MAX_AUDIT_ITEMS),
});

/** The items of frame `n` stand in their logs. */
export const auditAckSchema = z.object({ t: z.literal("audit-ack"), n: z.int().min(1) });
