import { defineRoute } from "../../routing/define.ts";
import { projectParams } from "../projects/schema.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { readForWrite } from "./read.ts";
import { createEnvironmentSchema, environmentExample, environmentSchema } from "./schema.ts";
import { createEnvironmentRow } from "./write.ts";

export const createEnvironment = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments",
  operationId: "createEnvironment",
  tag: "environments",
  summary: "Create an environment",
  action: "environment:create",
  params: projectParams,
  body: {
    schema: createEnvironmentSchema,
    example: { name: "staging", placement: { cluster: "berlin-1" } },
  },
  answers: {
    201: {
      description: "The environment.",
      schema: environmentSchema,
      example: environmentExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300", "KN-1305", "KN-1308", "KN-1310"],
  async handler(call) {
    const { name, ...write } = call.body;
    const reading = await readForWrite(call, { ...call.params, environment: name }, write);
    nameIsFree("environment", reading.found.environment);
    return createEnvironmentRow(call, reading, name, write);
  },
});
