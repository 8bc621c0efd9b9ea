import { visibleOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { environmentPage, listEnvironments as listEnvironmentRows } from "../../store/environments.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { projectParams } from "../projects/schema.ts";
import { listQuerySchema } from "../shared/paging.ts";
import { openProject } from "../shared/place.ts";
import { environmentExample, environmentJson, environmentPageSchema } from "./schema.ts";

export const listEnvironments = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments",
  operationId: "listEnvironments",
  tag: "environments",
  summary: "List a project's environments",
  action: "environment:list",
  params: projectParams,
  query: listQuerySchema,
  answers: {
    200: {
      description: "A page of environments.",
      schema: environmentPageSchema,
      example: { items: [environmentExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    await call.identify();
    const visible = visibleOf(call.principal, "environment");
    const [parent, rows] = await call.read(path.db, [
      findProjectPath(path, call.params.project),
      listEnvironmentRows(path, call.params.project, call.query, visible),
    ]);
    openProject(call, call.params, foundIn(parent?.results[0]));
    const page = environmentPage(rows?.results ?? [], call.query);
    const items = page.items.map((environment) => environmentJson(call.params, environment));
    return { status: 200, body: { items, nextCursor: page.nextCursor } };
  },
});
