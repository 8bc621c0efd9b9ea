import { z } from "zod";
import { timeSchema } from "./common.ts";

/** What becomes of a field of ours that somebody else changed: Correct sets it back, Report only says it. */
export const driftPolicySchema = z.enum(["Correct", "Report"]);
export type DriftPolicy = z.infer<typeof driftPolicySchema>;

/** Corrected or reported drifts that a status remembers, newest first, and fields of each. */
export const MAX_DRIFTS = 16;
export const MAX_DRIFT_FIELDS = 16;

export const driftSchema = z.object({
  kind: z.string().max(63),
  namespace: z.string().max(63).optional(),
  name: z.string().max(253),
  /** When it was seen. */
  time: timeSchema,
  corrected: z.boolean(),
  /** Fields as `.spec.replicas`; `manager` is who holds the field now, absent where nobody does. */
  fields: z
    .array(z.object({ field: z.string().max(512), manager: z.string().max(128).optional() }))
    .max(MAX_DRIFT_FIELDS)
    .meta({ "x-kubernetes-list-type": "atomic" }),
});
export type Drift = z.infer<typeof driftSchema>;
