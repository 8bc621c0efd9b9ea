import { z } from "zod";
import { imageOverrideSchema, imageSourceSchema } from "../../../domain/apps/image-source.ts";
import { rawSourceSchema } from "../../../domain/apps/raw-source.ts";
import { appSpecSchema, SPEC_VERSION } from "../../../domain/apps/spec.ts";
import { transformOverrideSchema, transformSourceSchema } from "../../../domain/apps/transform-source.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { documentAs } from "../../routing/json-schema.ts";
import type { App } from "../../store/apps.ts";
import { projectParams } from "../projects/schema.ts";
import { releaseSummaryExample, releaseSummarySchema } from "../releases/schema.ts";
import { catalogueFields, catalogueJson, patchableFields, writableFields } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";
import { expandYaml } from "./raw-yaml.ts";

/** A spec of 1 MiB, as YAML or indented JSON, with what stands around it. */
export const APP_BODY_LIMIT_BYTES = 1.5 * 1024 * 1024;

const yamlSourceSchema = z.strictObject({
  yaml: z.string().meta({ description: "Manifests as one text, separated by `---`; read as YAML 1.2." }),
});
const rawInput = z.strictObject({ raw: z.union([rawSourceSchema, yamlSourceSchema]) });

/** A source as a caller writes it. */
export const sourceInputSchema = z.union([
  z.strictObject({ image: imageSourceSchema }),
  rawInput,
  z.strictObject({ transform: transformSourceSchema }),
]);

const specInputSchema = z
  .strictObject({
    specVersion: z.literal(SPEC_VERSION),
    source: sourceInputSchema,
    overrides: z
      .record(
        nameSchema,
        z.union([
          z.strictObject({ image: imageOverrideSchema }),
          rawInput,
          z.strictObject({ transform: transformOverrideSchema }),
        ]),
      )
      .optional()
      .meta({ description: "Changes for one environment, by its name." }),
  })
  .meta({ id: "AppSpecWrite" });

export const putAppSchema = z
  .strictObject({
    ...writableFields,
    spec: documentAs(z.preprocess(expandYaml, appSpecSchema), specInputSchema),
  })
  .meta({ id: "AppWrite" });
export type AppWrite = z.infer<typeof putAppSchema>;

export const createAppSchema = putAppSchema.extend({ name: nameSchema }).meta({ id: "AppCreate" });

export const patchAppSchema = z
  .strictObject({ ...patchableFields, spec: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: "AppPatch" });

const summaryFields = {
  ...catalogueFields("app"),
  tenant: nameSchema,
  project: nameSchema,
  revision: z.object({ id: z.string().regex(idPattern("revision")), number: z.int().min(1) }),
};

/** In lists and after a change: without the spec, which may be 1 MiB. */
export const appSummarySchema = z.object(summaryFields).meta({ id: "AppSummary" });
export const appChangeSchema = z
  .object({ ...summaryFields, releases: z.array(releaseSummarySchema) })
  .meta({ id: "AppChange" });
export const appSchema = z
  .object({
    ...summaryFields,
    spec: appSpecSchema.meta({ id: "AppSpec" }),
    releases: z.array(releaseSummarySchema),
  })
  .meta({ id: "App" });
export const appPageSchema = pageOf(appSummarySchema).meta({ id: "AppPage" });

export const appParams = projectParams.extend({ app: nameSchema.meta({ examples: ["web"] }) });

export const appJson = (names: { tenant: string; project: string }, app: App) => ({
  ...catalogueJson(app),
  tenant: names.tenant,
  project: names.project,
  revision: { id: app.revisionId, number: app.revisionNumber },
});

export const specExample = {
  specVersion: SPEC_VERSION as typeof SPEC_VERSION,
  source: {
    image: {
      image: "registry.example.com/shop/web:1.4.2",
      env: { LOG_LEVEL: "info" },
      ports: [{ name: "http", port: 8080 }],
      replicas: 2,
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      probes: { readiness: { http: { path: "/healthz", port: "http" } } },
    },
  },
  overrides: { production: { image: { replicas: 4 } } },
};

export const appSummaryExample = {
  id: "app_01KAJ83N5D7F9H1K3N5Q7S9T1W",
  name: "web",
  labels: { tier: "front" },
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  tenant: "acme",
  project: "shop",
  revision: { id: "rev_01KAJ84P6E8G0J2M4P6R8T0W2Y", number: 1 },
};
export const appChangeExample = { ...appSummaryExample, releases: [releaseSummaryExample] };
export const appExample = { ...appChangeExample, spec: specExample };
