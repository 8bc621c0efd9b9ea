import { z } from "zod";
import type { AccessObject } from "../../../domain/access/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Call } from "../../routing/call.ts";
import { type FoundObjects, findAccessObject, type ObjectNames } from "../../store/access-objects.ts";
import { directory } from "../../store/database.ts";
import { step } from "../shared/place.ts";

/** Query fields that name what a question about rights is about; none is the platform. */
export const objectQuery = {
  tenant: nameSchema.optional().meta({ examples: ["acme"] }),
  project: nameSchema.optional().meta({ description: "Needs `tenant`.", examples: ["shop"] }),
  environment: nameSchema.optional().meta({ description: "Needs `project`.", examples: ["staging"] }),
  cluster: nameSchema.optional().meta({ description: "Stands alone.", examples: ["berlin-1"] }),
};

/** Whether names follow one another: what {@link objectQuery} must also be. */
export const isPath = ({ tenant, project, environment, cluster }: ObjectNames): boolean =>
  (project === undefined || tenant !== undefined) &&
  (environment === undefined || project !== undefined) &&
  (cluster === undefined || tenant === undefined);

export const NOT_A_PATH = "project needs tenant, environment needs project, cluster stands alone";

export const findNamed = (call: Call, names: ObjectNames): D1PreparedStatement =>
  findAccessObject(directory(call.env), names);

/** The innermost of what is named. @throws KubeNovaError KN-1200 for what is not there, or not to be seen */
export function namedObject(call: Call, names: ObjectNames, found: FoundObjects): AccessObject {
  let object: AccessObject = {};
  for (const kind of ["cluster", "tenant", "project", "environment"] as const) {
    const name = names[kind];
    if (name !== undefined) object = step(call, kind, name, found[kind]);
  }
  return object;
}

/** Names in an answer, as they were asked for. */
export const namesSchema = z
  .object({
    tenant: z.string().optional(),
    project: z.string().optional(),
    environment: z.string().optional(),
    cluster: z.string().optional(),
  })
  .meta({ id: "AccessObject", description: "What a right is on; empty for the platform." });
