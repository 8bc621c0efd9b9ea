import { defineRoute } from "../../routing/define.ts";
import { findEnvironment, foundEnvironment } from "../../store/environments.ts";
import { tenantPath } from "../../store/scope.ts";
import { present } from "../shared/catalogue.ts";
import { openEnvironment } from "../shared/place.ts";
import { environmentExample, environmentParams, environmentSchema } from "./schema.ts";
import { environmentAnswer } from "./write.ts";

export const getEnvironment = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}",
  operationId: "getEnvironment",
  tag: "environments",
  summary: "Get an environment",
  action: "environment:get",
  params: environmentParams,
  conditional: ["If-None-Match"],
  answers: {
    200: {
      description: "The environment.",
      schema: environmentSchema,
      example: environmentExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const { tenant, project, environment } = call.params;
    const path = tenantPath(call.env, tenant);
    const [rows] = await call.read(path.db, [findEnvironment(path, project, environment)]);
    const found = foundEnvironment(rows?.results[0]);
    const place = openEnvironment(call, call.params, found);
    return environmentAnswer(200, place, present("environment", environment, found.environment));
  },
});
