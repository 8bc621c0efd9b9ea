import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { listRevisions as listRevisionRows, revisionPage } from "../../store/revisions.ts";
import { tenantPath } from "../../store/scope.ts";
import { appParams } from "../apps/schema.ts";
import { openApp } from "../shared/place.ts";
import { revisionHeadExample, revisionHeadJson, revisionListQuery, revisionPageSchema } from "./schema.ts";

export const listRevisions = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/revisions",
  operationId: "listRevisions",
  tag: "revisions",
  summary: "List an app's revisions",
  description: "Without their specs, newest first.",
  action: "revision:list",
  params: appParams,
  query: revisionListQuery,
  answers: {
    200: {
      description: "A page of revisions.",
      schema: revisionPageSchema,
      example: { items: [revisionHeadExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const { project, app } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const [parent, rows] = await call.read(path.db, [
      findAppPath(path, project, app),
      listRevisionRows(path, { project, app }, call.query),
    ]);
    openApp(call, call.params, foundIn(parent?.results[0]));
    const page = revisionPage(rows?.results ?? [], call.query);
    return { status: 200, body: { items: page.items.map(revisionHeadJson), nextCursor: page.nextCursor } };
  },
});
