import { z } from "zod";
import { adoptSchema } from "./adopt.ts";
import {
  conditionsSchema,
  countsSchema,
  messageSchema,
  namespaceSchema,
  objectNameSchema,
  timeSchema,
} from "./common.ts";
import { cueRefSchema } from "./cue-ref.ts";
import { driftPolicySchema, prunePolicySchema } from "./graph.ts";
import { ENFORCEMENT_POINTS, MAX_VIOLATIONS, policyRefSchema, violationSchema } from "./policy.ts";
import { staleSourceSchema } from "./render-report.ts";

export const MAX_POLICIES = 16;
/** Of the installation and of the Transform together. */
export const MAX_RESOLVED_POLICIES = 2 * MAX_POLICIES;

/** A Go duration of whole hours, minutes and seconds. Registries and git servers count requests: 10 s at least. */
export const intervalSchema = z
  .string()
  .max(16)
  .regex(/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/)
  .meta({
    "x-kubernetes-validations": [
      {
        rule: "self.matches('^[0-9]') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",
        message: "a duration from 10s to 24h, such as 5m",
      },
    ],
  });

/**
 * A CUE module, its input, and the policies that what it makes must satisfy. A Transform only renders: into the
 * ResourceGraph `transform-<name>` of its namespace, which alone touches the cluster.
 */
export const transformSpecSchema = z.object({
  cueRef: cueRefSchema,
  /** Free form: the module's `#Input` says what it takes. */
  input: z.record(z.string(), z.unknown()).optional(),
  /** Beside those of the installation, which none can leave out. */
  policies: z
    .array(policyRefSchema)
    .max(MAX_POLICIES)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .optional(),
  /** Objects that are there already and that the graph takes over. */
  adopt: adoptSchema.optional(),
  /** Passed on to the graph: when what leaves it is deleted. */
  prune: prunePolicySchema.optional(),
  /** Passed on to the graph: what becomes of objects that somebody else changes. */
  drift: driftPolicySchema.optional(),
  /** How often a tag or a branch is looked at again; what is pinned by digest or commit never is. Default: 5m. */
  interval: intervalSchema.optional(),
  /** Neither rendered nor applied; what is there stays as it is. */
  suspend: z.boolean().optional(),
});
export type TransformSpec = z.infer<typeof transformSpecSchema>;

export const resolvedCueRefSchema = z.object({
  /** `sha256:…` of the module's content. */
  digest: z.string().max(128),
  /** Its first 12 characters, for `kubectl get`. */
  short: z.string().max(32),
  /** What a tag or a branch stood for: a manifest's digest, or a commit. */
  revision: z.string().max(128).optional(),
  /** When this content first came. */
  fetchedAt: timeSchema,
  /** The source cannot be reached since then; what was fetched before goes on being used. */
  stale: staleSourceSchema.optional(),
});
export type ResolvedCueRef = z.infer<typeof resolvedCueRefSchema>;

export const resolvedPolicySchema = z.object({
  name: z.string().max(253),
  language: z.string().max(32),
  digest: z.string().max(128),
  enforcement: z.enum(ENFORCEMENT_POINTS),
});
export type ResolvedPolicy = z.infer<typeof resolvedPolicySchema>;

export const TRANSFORM_PHASES = [
  "Pending",
  "Progressing",
  "Ready",
  "Degraded",
  "Failed",
  "Deleting",
  "Suspended",
] as const;
export type TransformPhase = (typeof TRANSFORM_PHASES)[number];

/**
 * Conditions: `Fetched`, `Validated` (input and policies), `Rendered`, and by the conventions of kstatus `Ready`,
 * `Reconciling`, `Stalled`. Where rendering fails the last good graph goes on: `Ready` is False then, though its objects
 * run.
 */
export const transformStatusSchema = z.object({
  observedGeneration: z.int().min(0).optional(),
  phase: z.enum(TRANSFORM_PHASES).optional(),
  message: messageSchema.optional(),
  /** When this phase was entered. */
  since: timeSchema.optional(),
  resourceGraphRef: z
    .object({
      apiVersion: z.string().max(317),
      kind: z.string().max(63),
      namespace: namespaceSchema,
      name: objectNameSchema,
      uid: z.string().max(64).optional(),
    })
    .optional(),
  resolvedCueRef: resolvedCueRefSchema.optional(),
  policies: z
    .array(resolvedPolicySchema)
    .max(MAX_RESOLVED_POLICIES)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Of the newest rendering, whether it is applied (Warn) or not (Deny). */
  violations: z
    .array(violationSchema)
    .max(MAX_VIOLATIONS)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional(),
  /** Objects of the graph that runs. */
  counts: countsSchema.optional(),
  conditions: conditionsSchema.optional(),
});
export type TransformStatus = z.infer<typeof transformStatusSchema>;
