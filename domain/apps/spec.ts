import { z } from "zod";
import { canonicalJson } from "../canonical/index.ts";
import { mergePatch } from "../canonical/merge-patch.ts";
import { nameSchema } from "../names/index.ts";
import {
  type ImageOverride,
  type ImageSource,
  imageOverrideSchema,
  imageSourceSchema,
} from "./image-source.ts";
import { MAX_RAW_BYTES, rawSourceSchema } from "./raw-source.ts";
import {
  type TransformOverride,
  type TransformSource,
  transformOverrideSchema,
  transformSourceSchema,
} from "./transform-source.ts";

export const SPEC_VERSION = 1;

/**
 * Where an app comes from: an open union, told apart by its one key. A later kind of source (git, helm, observed …)
 * is one more member here and one more renderer in the agent; nothing else changes (decisions.md 15).
 */
export const appSourceSchema = z.union([
  z.strictObject({ image: imageSourceSchema }),
  z.strictObject({ raw: rawSourceSchema }),
  z.strictObject({ transform: transformSourceSchema }),
]);
export type AppSource = z.infer<typeof appSourceSchema>;

export const appOverrideSchema = z.union([
  z.strictObject({ image: imageOverrideSchema }),
  z.strictObject({ raw: rawSourceSchema }),
  z.strictObject({ transform: transformOverrideSchema }),
]);
export type AppOverride = z.infer<typeof appOverrideSchema>;

export const appSpecSchema = z
  .strictObject({
    specVersion: z.literal(SPEC_VERSION),
    source: appSourceSchema,
    /** Changes for one environment, by its name. */
    overrides: z.record(nameSchema, appOverrideSchema).optional(),
  })
  .superRefine((spec, context) => {
    const kind = sourceKind(spec.source);
    for (const [environment, override] of Object.entries(spec.overrides ?? {})) {
      if (sourceKind(override) !== kind) {
        context.addIssue({
          code: "custom",
          path: ["overrides", environment],
          message: `must override '${kind}', the app's source`,
        });
      }
    }
    const bytes = new TextEncoder().encode(canonicalJson(spec)).length;
    if (bytes > MAX_RAW_BYTES) {
      context.addIssue({
        code: "custom",
        path: ["source"],
        message: `the spec has ${bytes} bytes of canonical JSON; ${MAX_RAW_BYTES} are allowed`,
      });
    }
  });
export type AppSpec = z.infer<typeof appSpecSchema>;

export const sourceKind = (source: AppSource | AppOverride): "image" | "raw" | "transform" =>
  "image" in source ? "image" : "raw" in source ? "raw" : "transform";

/** The source that one environment runs: the app's own with that environment's override laid over it. */
export function sourceFor(spec: AppSpec, environment: string): AppSource {
  const { source } = spec;
  const override = spec.overrides?.[environment];
  if (!override) return source;
  if ("raw" in override) return override;
  if ("image" in override)
    return "image" in source ? { image: imageFor(source.image, override.image) } : source;
  return "transform" in source ? { transform: transformFor(source.transform, override.transform) } : source;
}

/** `env` is merged by key; every other field of an override replaces the app's. */
function imageFor(base: ImageSource, override: ImageOverride): ImageSource {
  const env = base.env || override.env ? { ...base.env, ...override.env } : undefined;
  return { ...base, ...override, ...(env ? { env } : {}) };
}

/** `input` is merged by RFC 7396; `cueRef` is replaced whole. */
function transformFor(base: TransformSource, override: TransformOverride): TransformSource {
  const input = override.input
    ? { input: mergePatch(base.input, override.input) as Record<string, unknown> }
    : {};
  return { ...base, ...(override.cueRef ? { cueRef: override.cueRef } : {}), ...input };
}
