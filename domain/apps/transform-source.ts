import { z } from "zod";
import { canonicalJson } from "../canonical/index.ts";
import { appCueRefSchema } from "./cue-ref.ts";

/** Canonical JSON of one input, or of one environment's changes to it, in UTF-8 bytes. */
export const MAX_INPUT_BYTES = 256 * 1024;
export const MAX_POLICIES = 16;

const bounded = (input: Record<string, unknown>): boolean =>
  new TextEncoder().encode(canonicalJson(input)).length <= MAX_INPUT_BYTES;

const inputSchema = z
  .record(z.string(), z.unknown())
  .refine(bounded, `at most ${MAX_INPUT_BYTES} bytes of canonical JSON`)
  .meta({
    description:
      "What the module's #Input takes. It is stored and shown as it is: refer to Secrets by name, never write a value that is to stay secret.",
  });

const parametersSchema = z
  .record(z.string(), z.unknown())
  .refine(bounded, `at most ${MAX_INPUT_BYTES} bytes of canonical JSON`)
  .meta({ description: "Fills the policy's `parameters`." });

const policySchema = z.strictObject({
  name: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "lower-case letters, digits, '-' and '.'"),
  cueRef: appCueRefSchema,
  severity: z.enum(["Warn", "Deny"]).optional().meta({
    description: "Instead of the policy's own: Warn is reported, Deny stops before anything is applied.",
  }),
  parameters: parametersSchema.optional(),
});

/** An app that a CUE module renders from an input. */
export const transformSourceSchema = z.strictObject({
  cueRef: appCueRefSchema,
  input: inputSchema.optional(),
  policies: z
    .array(policySchema)
    .max(MAX_POLICIES)
    .refine(
      (policies) => new Set(policies.map(({ name }) => name)).size === policies.length,
      "two of one name",
    )
    .optional(),
});
export type TransformSource = z.infer<typeof transformSourceSchema>;

/**
 * What an environment may change: another module (a newer tag, say), and its input by JSON Merge Patch, in which null
 * takes a field away. Policies hold for all environments alike.
 */
export const transformOverrideSchema = z.strictObject({
  cueRef: appCueRefSchema.optional(),
  input: inputSchema.optional(),
});
export type TransformOverride = z.infer<typeof transformOverrideSchema>;
