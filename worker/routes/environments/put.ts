import { defineRoute } from "../../routing/define.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { projectObject } from "../shared/objects.ts";
import { readForWrite } from "./read.ts";
import { environmentExample, environmentParams, environmentSchema, putEnvironmentSchema } from "./schema.ts";
import { createEnvironmentRow, replaceEnvironmentRow } from "./write.ts";

export const putEnvironment = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}",
  operationId: "putEnvironment",
  tag: "environments",
  summary: "Create or replace an environment",
  description:
    "The display name and labels that the body leaves out are emptied. Position, delivery, autoDeploy and placement stay: workloads never move or stop because a field was forgotten.",
  action: "environment:update",
  params: environmentParams,
  body: {
    schema: putEnvironmentSchema,
    example: { position: 0, autoDeploy: true, placement: { cluster: "berlin-1" } },
  },
  conditional: ["If-Match", "If-None-Match"],
  answers: {
    200: {
      description: "The environment as it is now.",
      schema: environmentSchema,
      example: environmentExample,
      headers: ["ETag"],
    },
    201: {
      description: "A new environment.",
      schema: environmentSchema,
      example: environmentExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300", "KN-1305", "KN-1308", "KN-1310"],
  async handler(call) {
    const reading = await readForWrite(call, call.params, call.body);
    const { environment } = reading.found;
    call.checkPrecondition(environment);
    if (environment && environment.deletedAt === null) {
      return replaceEnvironmentRow(call, reading, environment, call.body);
    }
    call.require("environment:create", projectObject(reading.place.project));
    nameIsFree("environment", environment);
    return createEnvironmentRow(call, reading, call.params.environment, call.body);
  },
});
