import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { appState, updateApp } from "../../store/apps.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { touchReleasesOfApp } from "../../store/touch-releases.ts";
import { restorable } from "../shared/catalogue.ts";
import { openProject } from "../shared/place.ts";
import { appJson, appParams, appSummaryExample, appSummarySchema } from "./schema.ts";

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
    const changes = { deletedAt: null, updatedAt: call.now };
    const after = { ...before, ...changes, version: before.version + 1 };
    return call.commit({
      db: scope.db,
      statements: [
        ...updateApp(scope, before, changes),
        touchReleasesOfApp(scope, before.id, call.correlationId),
      ],
      events: [
        {
          type: "evt.app.restored",
          tenantId: scope.tenantId,
          subject: `app/${before.id}`,
          data: { before: null, after: appState(after) },
        },
      ],
      answer: { status: 200, body: appJson(call.params, after), etag: etagOf(after.version) },
    });
  },
});
