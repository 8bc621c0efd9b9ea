import { defineRoute } from "../../routing/define.ts";
import { findEnvironment, foundEnvironment } from "../../store/environments.ts";
import { tenantPath } from "../../store/scope.ts";
import { confirmed, confirmQuery, present } from "../shared/catalogue.ts";
import { openEnvironment } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { deletedEnvironmentExample, environmentParams, environmentSchema } from "./schema.ts";

export const deleteEnvironment = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}",
  operationId: "deleteEnvironment",
  tag: "environments",
  summary: "Delete an environment",
  description:
    "Its workloads stop. Its namespace and volumes stay for 30 days, in which a restore brings all back.",
  action: "environment:delete",
  params: environmentParams,
  query: confirmQuery("staging"),
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted environment.",
      schema: environmentSchema,
      example: deletedEnvironmentExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [
      findEnvironment(path, call.params.project, call.params.environment),
    ]);
    const found = foundEnvironment(rows?.results[0]);
    const place = openEnvironment(call, call.params, found);
    const before = present("environment", call.params.environment, found.environment);
    confirmed(before.name, call.query.confirm);
    call.checkPrecondition(before);
    return commitDeletion(call, place, before, "deleted");
  },
});
