import { defineRoute } from "../../routing/define.ts";
import { projectParams } from "../projects/schema.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { readForWrite, wantedApp } from "./read.ts";
import {
  APP_BODY_LIMIT_BYTES,
  appChangeExample,
  appChangeSchema,
  createAppSchema,
  specExample,
} from "./schema.ts";
import { createAppRow } from "./write.ts";

export const createApp = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps",
  operationId: "createApp",
  tag: "apps",
  summary: "Create an app",
  description: "Its first revision is deployed at once to each environment with `autoDeploy`.",
  action: "app:create",
  params: projectParams,
  body: {
    schema: createAppSchema,
    example: { name: "web", labels: { tier: "front" }, spec: specExample },
    maxBytes: APP_BODY_LIMIT_BYTES,
  },
  answers: {
    201: {
      description: "The app and its releases.",
      schema: appChangeSchema,
      example: appChangeExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1005", "KN-1300"],
  async handler(call) {
    const { name, ...write } = call.body;
    const wanted = await wantedApp(name, write);
    const reading = await readForWrite(call, call.params, wanted);
    nameIsFree("app", reading.found.app);
    return createAppRow(call, reading, wanted, 201);
  },
});
