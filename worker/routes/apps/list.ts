import { defineRoute } from "../../routing/define.ts";
import { foundApps, listApps as listAppRows } from "../../store/apps.ts";
import { tenantPath } from "../../store/scope.ts";
import { projectParams } from "../projects/schema.ts";
import { listQuerySchema } from "../shared/paging.ts";
import { openProject } from "../shared/place.ts";
import { appJson, appPageSchema, appSummaryExample } from "./schema.ts";

export const listApps = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps",
  operationId: "listApps",
  tag: "apps",
  summary: "List a project's apps",
  description: "Without their specs, which may be 1 MiB each.",
  action: "app:list",
  params: projectParams,
  query: listQuerySchema,
  answers: {
    200: {
      description: "A page of apps.",
      schema: appPageSchema,
      example: { items: [appSummaryExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [listAppRows(path, call.params.project, call.query)]);
    const { found, page } = foundApps(rows?.results ?? [], call.query);
    openProject(call, call.params, found);
    const items = page.items.map((app) => appJson(call.params, app));
    return { status: 200, body: { items, nextCursor: page.nextCursor } };
  },
});
