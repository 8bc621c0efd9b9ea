import { z } from "zod";
import { cueRefSchema } from "./cue-ref.ts";
import { severitySchema } from "./violation.ts";

export * from "./violation.ts";

/** Where a policy is enforced: on what is rendered, or by the API server's admission (decisions.md 5). */
export const ENFORCEMENT_POINTS = ["render", "admission"] as const;

/** A policy as a Transform names it: its source, and how much its violations weigh here. */
export const policyRefSchema = z.object({
  name: z.string().min(1).max(253),
  cueRef: cueRefSchema,
  /** `cue`, which is the default; others are refused where they are evaluated, with a word on what to do instead. */
  language: z.string().max(32).optional(),
  /** Instead of the policy's own severity. */
  severity: severitySchema.optional(),
  /** Fills the policy's `parameters`. */
  parameters: z
    .record(z.string(), z.unknown())
    .meta({ "x-kubernetes-preserve-unknown-fields": true })
    .optional(),
});
export type PolicyRef = z.infer<typeof policyRefSchema>;
