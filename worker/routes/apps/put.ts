import { defineRoute } from "../../routing/define.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { projectObject } from "../shared/objects.ts";
import { readForWrite, wantedApp } from "./read.ts";
import {
  APP_BODY_LIMIT_BYTES,
  appChangeExample,
  appChangeSchema,
  appParams,
  putAppSchema,
  specExample,
} from "./schema.ts";
import { createAppRow, replaceAppRow } from "./write.ts";

export const putApp = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}",
  operationId: "putApp",
  tag: "apps",
  summary: "Declare an app: create or replace it",
  description:
    "A new content is a new revision, and goes at once to each environment with `autoDeploy`. The same content again changes nothing.",
  action: "app:update",
  params: appParams,
  body: {
    schema: putAppSchema,
    example: { labels: { tier: "front" }, spec: specExample },
    maxBytes: APP_BODY_LIMIT_BYTES,
  },
  conditional: ["If-Match", "If-None-Match"],
  answers: {
    200: {
      description: "Nothing changed.",
      schema: appChangeSchema,
      example: appChangeExample,
      headers: ["ETag"],
    },
    202: {
      description: "Declared; the clusters are being told. The app and its releases.",
      schema: appChangeSchema,
      example: appChangeExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1005", "KN-1300"],
  async handler(call) {
    const wanted = await wantedApp(call.params.app, call.body);
    const reading = await readForWrite(call, call.params, wanted);
    const { app } = reading.found;
    call.checkPrecondition(app);
    if (app && app.deletedAt === null) return replaceAppRow(call, reading, app, wanted);
    call.require("app:create", projectObject(reading.place.project));
    nameIsFree("app", app);
    return createAppRow(call, reading, wanted, 202);
  },
});
