import { z } from "zod";

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
