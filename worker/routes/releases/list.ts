import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { findReleases, releasesOf } from "../../store/releases.ts";
import { tenantPath } from "../../store/scope.ts";
import { appParams } from "../apps/schema.ts";
import { livenessOf } from "../shared/liveness.ts";
import { visibleReleases } from "../shared/objects.ts";
import { openApp } from "../shared/place.ts";
import { releaseSummaryJson, viewsOf } from "./json.ts";
import { releasePageSchema, releaseSummaryExample } from "./schema.ts";

export const listReleases = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases",
  operationId: "listReleases",
  tag: "releases",
  summary: "List an app's releases",
  description: "One for each environment that the app was deployed to, in their order.",
  action: "release:list",
  params: appParams,
  answers: {
    200: {
      description: "All of them: a project has few environments.",
      schema: releasePageSchema,
      example: { items: [releaseSummaryExample], nextCursor: null },
    },
  },
  async handler(call) {
    const { project, app } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const [parent, rows] = await call.read(path.db, [
      findAppPath(path, project, app),
      findReleases(path, { project, app }),
    ]);
    openApp(call, call.params, foundIn(parent?.results[0]));
    const views = viewsOf(visibleReleases(call, releasesOf(rows?.results)));
    const liveness = await livenessOf(
      call.env,
      views.map(({ environment }) => environment.clusterId),
    );
    const items = views.map((view) =>
      releaseSummaryJson(app, view, liveness.get(view.environment.clusterId ?? "")),
    );
    return { status: 200, body: { items, nextCursor: null } };
  },
});
