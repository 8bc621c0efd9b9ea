import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { restorable } from "../shared/catalogue.ts";
import { openProject } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { appParams, appSummaryExample, appSummarySchema } from "./schema.ts";

export const restoreApp = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}:restore",
  operationId: "restoreApp",
  tag: "apps",
  summary: "Bring a deleted app back",
  description: "It runs again where it ran, at the revisions that it had.",
  action: "app:restore",
  params: appParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The app.",
      schema: appSummarySchema,
      example: { ...appSummaryExample, version: 3 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1306", "KN-1203"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findAppPath(path, call.params.project, call.params.app)]);
    const found = foundIn(rows?.results[0]);
    const { scope } = openProject(call, call.params, found);
    const before = restorable("app", call.params.app, found.app, call.now);
    call.checkPrecondition(before);
    return commitDeletion(call, scope, before, "restored");
  },
});
