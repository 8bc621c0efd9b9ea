import { z } from "zod";
import { cueRefSchema } from "./cue-ref.ts";

export const SEVERITIES = ["Warn", "Deny"] as const;
/** Warn is reported; Deny stops before anything is applied. */
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

export const MAX_VIOLATIONS = 100;

export const violationSchema = z.object({
  /** What is wrong: `input.replicas`, or `nodes.web.object.spec…`. */
  path: z.string().max(1024),
  message: z.string().max(1024),
  severity: severitySchema,
  /** Name of the policy. */
  policy: z.string().max(253),
});
export type Violation = z.infer<typeof violationSchema>;

/** Where a policy is enforced: on what is rendered, or by the API server's admission (decisions.md 5). */
export const ENFORCEMENT_POINTS = ["render", "admission"] as const;

/** A policy as a Transform names it: its source, and how much its violations weigh here. */
export const policyRefSchema = z.object({
  name: z.string().min(1).max(253),
  cueRef: cueRefSchema,
  /** Instead of the policy's own severity. */
  severity: severitySchema.optional(),
});
export type PolicyRef = z.infer<typeof policyRefSchema>;
