import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import { findAppForPatch, foundForPatch } from "../../store/app-readings.ts";
import { tenantPath } from "../../store/scope.ts";
import { writtenFields } from "../shared/catalogue.ts";
import { openApp } from "../shared/place.ts";
import { readForWrite, wantedApp } from "./read.ts";
import {
  APP_BODY_LIMIT_BYTES,
  appChangeExample,
  appChangeSchema,
  appParams,
  patchAppSchema,
  putAppSchema,
} from "./schema.ts";
import { replaceAppRow } from "./write.ts";

export const patchApp = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}",
  operationId: "patchApp",
  tag: "apps",
  summary: "Change fields of an app",
  description:
    "A JSON Merge Patch (RFC 7396): null takes a field away. The merged whole is then declared as by PUT.",
  action: "app:update",
  params: appParams,
  body: {
    schema: patchAppSchema,
    example: { spec: { source: { image: { image: "registry.example.com/shop/web:1.4.3" } } } },
    maxBytes: APP_BODY_LIMIT_BYTES,
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
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
      headers: ["ETag"],
    },
  },
  errors: ["KN-1005"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findAppForPatch(path, call.params)]);
    const found = foundForPatch(rows?.results);
    const { app, ...place } = openApp(call, call.params, found);
    call.checkPrecondition(app);
    const written = { ...writtenFields(app), spec: JSON.parse(found.spec ?? "null") as unknown };
    const merged = validate(putAppSchema, mergePatch(written, call.body), "body");
    const wanted = await wantedApp(app.name, merged);
    const same = found.recent.get(wanted.digest) ?? null;
    // Content as of long ago has lost the race against its own revision: now that one is looked for.
    const reading =
      call.attempt > 1 && same === null
        ? await readForWrite(call, call.params, wanted)
        : { place, found: { ...found, same } };
    return replaceAppRow(call, reading, app, wanted);
  },
});
