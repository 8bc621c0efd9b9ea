import { z } from "zod";
import { imageSourceSchema } from "../../domain/apps/image-source.ts";
import { MAX_RAW_OBJECTS, manifestSchema } from "../../domain/apps/raw-source.ts";
import { MAX_POLICIES } from "../../domain/apps/transform-source.ts";
import { idSchema, shortNameSchema } from "./common.ts";
import { cueRefSchema } from "./cue-ref.ts";
import { policyRefSchema } from "./policy.ts";
import { renderStatusFields } from "./render-report.ts";
import { renderedStatusSchema } from "./tenancy.ts";

/**
 * One app in one environment. `source` has exactly one member; a later kind of source is one member more. It is
 * atomic: one entry in managedFields, whatever its size (a source may have 1 MiB, and etcd takes 1.5 MiB an object).
 */
export const novaAppSourceSchema = z
  .object({
    image: imageSourceSchema.optional(),
    raw: z.object({ manifests: z.array(manifestSchema).min(1).max(MAX_RAW_OBJECTS) }).optional(),
    /** Rendered by a CUE module; what a Transform of this namespace would say. */
    transform: z
      .object({
        cueRef: cueRefSchema,
        input: z.looseObject({}).optional(),
        policies: z.array(policyRefSchema).max(MAX_POLICIES).optional(),
      })
      .optional(),
  })
  .meta({
    "x-kubernetes-map-type": "atomic",
    "x-kubernetes-validations": [
      {
        rule: "[has(self.image), has(self.raw), has(self.transform)].exists_one(given, given)",
        message: "exactly one of image, raw, transform",
      },
    ],
  });

export const novaAppSpecSchema = z.object({
  tenant: shortNameSchema,
  project: shortNameSchema,
  environment: shortNameSchema,
  app: shortNameSchema,
  appId: idSchema,
  releaseId: idSchema,
  /** The App's Revision that this environment is to run. */
  revisionId: idSchema,
  revisionNumber: z.int().min(0),
  specDigest: z.string().max(128),
  source: novaAppSourceSchema,
});
export type NovaAppSpec = z.infer<typeof novaAppSpecSchema>;

export const novaAppStatusSchema = renderedStatusSchema.extend({
  /** The Revision that this status speaks of. */
  revisionId: idSchema.optional(),
  revisionNumber: z.int().min(0).optional(),
  ...renderStatusFields,
});
export type NovaAppStatus = z.infer<typeof novaAppStatusSchema>;
