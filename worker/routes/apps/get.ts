import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { findAppWithSpec, foundSpec } from "../../store/app-readings.ts";
import { tenantPath } from "../../store/scope.ts";
import { releaseSummaryJson, viewsOf } from "../releases/json.ts";
import { livenessOf } from "../shared/liveness.ts";
import { visibleReleases } from "../shared/objects.ts";
import { openApp } from "../shared/place.ts";
import { appExample, appJson, appParams, appSchema } from "./schema.ts";

export const getApp = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}",
  operationId: "getApp",
  tag: "apps",
  summary: "Get an app, its spec and its releases",
  action: "app:get",
  params: appParams,
  conditional: ["If-None-Match"],
  answers: {
    200: { description: "The app.", schema: appSchema, example: appExample, headers: ["ETag"] },
  },
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findAppWithSpec(path, call.params)]);
    const found = foundSpec(rows?.results);
    const { app } = openApp(call, call.params, found);
    const views = viewsOf(visibleReleases(call, found.environments));
    const liveness = await livenessOf(
      call.env,
      views.map(({ environment }) => environment.clusterId),
    );
    const releases = views.map((view) =>
      releaseSummaryJson(app.name, view, liveness.get(view.environment.clusterId ?? "")),
    );
    const spec: unknown = JSON.parse(found.spec ?? "null");
    return {
      status: 200,
      body: { ...appJson(call.params, app), spec, releases },
      etag: etagOf(app.version, releases),
    };
  },
});
