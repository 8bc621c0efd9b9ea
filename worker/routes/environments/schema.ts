import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { adoptedNamespaceSchema, nameSchema } from "../../../domain/names/index.ts";
import type { PlacedEnvironment } from "../../store/environments.ts";
import { projectParams } from "../projects/schema.ts";
import {
  catalogueFields,
  catalogueJson,
  iso,
  patchableFields,
  timeSchema,
  writableFields,
} from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

const positionSchema = z
  .int()
  .min(0)
  .max(999)
  .meta({
    description: "Order in the project: promotions go upwards. After the last where absent.",
    examples: [0],
  });
const deliverySchema = z.enum(["direct", "git"]).meta({
  description: "`direct`: the agent applies. `git`: changes come by pull request alone.",
});
const autoDeploySchema = z.boolean().meta({
  description:
    "Each new revision of an app is deployed here at once. True for a project's first environment.",
});
const placementSchema = z
  .strictObject({ cluster: nameSchema.nullable().optional() })
  .meta({ description: "Where it runs; without a cluster it runs nowhere." });
const namespaceSchema = adoptedNamespaceSchema.meta({
  description: "An existing namespace to adopt; one is derived where absent. It never changes.",
});

const fields = {
  position: positionSchema.optional(),
  namespace: namespaceSchema.optional(),
  delivery: deliverySchema.optional(),
  autoDeploy: autoDeploySchema.optional(),
  placement: placementSchema.optional(),
};

export const putEnvironmentSchema = z
  .strictObject({ ...writableFields, ...fields })
  .meta({ id: "EnvironmentWrite" });
export type EnvironmentWrite = z.infer<typeof putEnvironmentSchema>;

export const createEnvironmentSchema = putEnvironmentSchema
  .extend({ name: nameSchema })
  .meta({ id: "EnvironmentCreate" });

export const patchEnvironmentSchema = z
  .strictObject({ ...patchableFields, ...fields })
  .meta({ id: "EnvironmentPatch" });

export const environmentSchema = z
  .object({
    ...catalogueFields("environment"),
    tenant: nameSchema,
    project: nameSchema,
    position: positionSchema,
    namespace: z.string(),
    adopted: z
      .boolean()
      .meta({ description: "The namespace existed before, and is not KubeNova's to delete." }),
    delivery: deliverySchema,
    autoDeploy: autoDeploySchema,
    placement: z.object({ cluster: nameSchema.nullable() }),
    placements: z
      .array(
        z.object({
          clusterId: z.string().regex(idPattern("cluster")).nullable(),
          at: timeSchema,
          by: z.string(),
        }),
      )
      .meta({ description: "Where it was placed before, newest last." }),
  })
  .meta({ id: "Environment" });
export const environmentPageSchema = pageOf(environmentSchema).meta({ id: "EnvironmentPage" });

export const environmentParams = projectParams.extend({
  environment: nameSchema.meta({ examples: ["staging"] }),
});

export const environmentJson = (
  names: { tenant: string; project: string },
  environment: Omit<PlacedEnvironment, "clusterMode">,
) => ({
  ...catalogueJson(environment),
  tenant: names.tenant,
  project: names.project,
  position: environment.position,
  namespace: environment.namespace,
  adopted: environment.adopted,
  delivery: environment.delivery,
  autoDeploy: environment.autoDeploy,
  placement: { cluster: environment.clusterName },
  placements: environment.placements.map(({ clusterId, at, by }) => ({ clusterId, at: iso(at), by })),
});

export const environmentExample = {
  id: "env_01KAJ81K7B9D1F3H5K7M9P1R3T",
  name: "staging",
  labels: {},
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
  tenant: "acme",
  project: "shop",
  position: 0,
  namespace: "acme-shop-staging",
  adopted: false,
  delivery: "direct" as const,
  autoDeploy: true,
  placement: { cluster: "berlin-1" },
  placements: [
    { clusterId: "cls_01KAJ82M4C6E8G0J2M4P6R8T0W", at: "2026-11-21T10:00:00.000Z", by: "platform-admin" },
  ],
};

export const deletedEnvironmentExample = {
  ...environmentExample,
  version: 2,
  deletedAt: "2026-11-22T10:00:00.000Z",
  restorableUntil: "2026-12-22T10:00:00.000Z",
};
