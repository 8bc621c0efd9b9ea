import { z } from "zod";
import { graphNodeSchema } from "../../protocol/resources/graph.ts";
import { severitySchema, violationSchema } from "../../protocol/resources/policy.ts";

/**
 * What is said to the renderer's child process and what it answers: one JSON document a line, over stdin and stdout,
 * answered in any order by `id`. The child has no network, no file system and no environment: all that it reads stands in
 * the request. `language` is the place for Helm and Kustomize.
 *
 * A CUE module is a package with:
 * - `#Input`: the schema of its input, with defaults; `input: #Input` is filled by the renderer;
 * - `context: {name: string, namespace: string, ...}`, where it wants to know what it is rendered for;
 * - `nodes: [id]: {object, dependsOn?, readyWhen?, applyPolicy?}`: what it makes, by node id.
 *
 * A policy is a package with `severity: *"Deny" | "Warn"` and any of:
 * - `parameters`, with defaults, filled from the reference where it has any;
 * - `#Input`, which the input must satisfy; `#Node`, which each `{id, object}` must satisfy;
 * - `input: _` and `nodes: [string]: _`, filled by the renderer, and `violations: [...{path, message, severity?}]`,
 *   computed from them.
 */
const filesSchema = z.record(z.string().max(1024), z.string());

/** Files of one module by path; the text as it is (CUE is UTF-8). `cue.mod/module.cue` may be missing in one of one package. */
export const moduleSchema = z.object({ files: filesSchema, path: z.string().max(1024).optional() });
export type Module = z.infer<typeof moduleSchema>;

export const policyModuleSchema = moduleSchema.extend({
  name: z.string(),
  digest: z.string(),
  severity: severitySchema.optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

export const renderRequestSchema = z.object({
  op: z.literal("render"),
  id: z.int(),
  language: z.literal("cue"),
  module: moduleSchema,
  /** Modules that it depends on, by `path@version` (as pinned in cue.mod/module.cue), each with its own files. */
  dependencies: z.record(z.string(), filesSchema),
  input: z.unknown(),
  context: z.looseObject({ name: z.string(), namespace: z.string() }),
  policies: z.array(policyModuleSchema),
});
export type RenderRequest = z.infer<typeof renderRequestSchema>;

/**
 * The pins in a module's cue.mod/module.cue. A path comes without its major version: `path@version` is then the key in a
 * render's `dependencies`.
 */
export type PinsRequest = { op: "pins"; id: number; module: string };

export const renderErrorDetailSchema = z.object({
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  /** Path of the value, such as `input.replicas`. */
  path: z.string().optional(),
  message: z.string(),
  /** What would have been right there, where CUE says. */
  expected: z.string().optional(),
});
export type RenderErrorDetail = z.infer<typeof renderErrorDetailSchema>;

/** invalid-module: it does not load or compile; invalid-input: `#Input` refuses; incomplete: a value is not concrete; invalid-output: what it makes is no graph. */
export const RENDER_ERROR_CODES = [
  "invalid-module",
  "invalid-input",
  "incomplete",
  "invalid-output",
  "invalid-policy",
  "missing-dependency",
  "bad-request",
] as const;

const failedAnswerSchema = z.object({
  id: z.int(),
  ok: z.literal(false),
  code: z.enum(RENDER_ERROR_CODES),
  errors: z.array(renderErrorDetailSchema).min(1),
});

export const renderedAnswerSchema = z.discriminatedUnion("ok", [
  z.object({
    id: z.int(),
    ok: z.literal(true),
    nodes: z.array(graphNodeSchema),
    violations: z.array(violationSchema),
    /** Of what evaluated it, such as `cue v0.17.1`. */
    languageVersion: z.string(),
  }),
  failedAnswerSchema,
]);
export type RenderedAnswer = z.infer<typeof renderedAnswerSchema>;

export const pinsAnswerSchema = z.discriminatedUnion("ok", [
  z.object({
    id: z.int(),
    ok: z.literal(true),
    pins: z.array(z.object({ path: z.string(), version: z.string() })),
  }),
  failedAnswerSchema,
]);
export type PinsAnswer = z.infer<typeof pinsAnswerSchema>;
