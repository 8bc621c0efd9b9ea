import { z } from "zod";
import { appSourceSchema } from "../../../domain/apps/spec.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { renderedSchema } from "../../../protocol/resources/rendering.ts";
import { documentAs } from "../../routing/json-schema.ts";
import { expandYaml } from "./raw-yaml.ts";
import { putAppSchema, sourceInputSchema } from "./schema.ts";

const sourceSchema = documentAs(
  z.preprocess((source) => (expandYaml({ source }) as { source: unknown }).source, appSourceSchema),
  sourceInputSchema,
);

export const renderRequestSchema = z
  .strictObject({
    environment: nameSchema.meta({
      description: "Where it would run: its cluster renders it, its overrides hold.",
    }),
    app: nameSchema.optional().meta({ description: "The app's name; `app` where absent." }),
    spec: putAppSchema.shape.spec.optional(),
    source: sourceSchema.optional().meta({ description: "In the place of a whole spec." }),
  })
  .refine(({ spec, source }) => (spec === undefined) !== (source === undefined), {
    message: "exactly one of spec, source",
    path: ["spec"],
  })
  .meta({ id: "RenderRequest" });

const { ok: _, ...renderedFields } = renderedSchema.shape;
export const renderedAnswerSchema = z
  .object({
    environment: nameSchema,
    cluster: nameSchema,
    namespace: z.string(),
    ...renderedFields,
  })
  .meta({ id: "RenderedGraph" });

export const renderExample = {
  environment: "staging",
  cluster: "berlin-1",
  namespace: "acme-shop-staging",
  nodes: [
    {
      id: "ConfigMap/settings",
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: "acme-shop-staging" },
        data: { LOG_LEVEL: "info" },
      },
    },
  ],
  edges: [],
  digest: `sha256:${"9a".repeat(32)}`,
  violations: [],
  denied: false,
};
