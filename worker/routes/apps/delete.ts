import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { openApp } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { appParams, appSummaryExample, appSummarySchema } from "./schema.ts";

export const deleteApp = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}",
  operationId: "deleteApp",
  tag: "apps",
  summary: "Delete an app",
  description: "Its workloads stop. For 30 days a restore brings it back as it was.",
  action: "app:delete",
  params: appParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted app.",
      schema: appSummarySchema,
      example: {
        ...appSummaryExample,
        version: 2,
        deletedAt: "2026-11-22T10:00:00.000Z",
        restorableUntil: "2026-12-22T10:00:00.000Z",
      },
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findAppPath(path, call.params.project, call.params.app)]);
    const { scope, app: before } = openApp(call, call.params, foundIn(rows?.results[0]));
    call.checkPrecondition(before);
    return commitDeletion(call, scope, before, "deleted");
  },
});
