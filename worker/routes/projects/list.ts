import { visibleOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { listProjects as listProjectRows, projectPage } from "../../store/projects.ts";
import { tenantPath } from "../../store/scope.ts";
import { listQuerySchema } from "../shared/paging.ts";
import { openTenant } from "../shared/place.ts";
import { tenantParams } from "../tenants/schema.ts";
import { projectExample, projectJson, projectPageSchema } from "./schema.ts";

export const listProjects = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects",
  operationId: "listProjects",
  tag: "projects",
  summary: "List a tenant's projects",
  action: "project:list",
  params: tenantParams,
  query: listQuerySchema,
  answers: {
    200: {
      description: "A page of projects.",
      schema: projectPageSchema,
      example: { items: [projectExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    await call.identify();
    const visible = visibleOf(call.principal, "project");
    const [parent, rows] = await call.read(path.db, [
      findTenantPath(path),
      listProjectRows(path, call.query, visible),
    ]);
    const { tenant } = openTenant(call, call.params, foundIn(parent?.results[0]));
    const page = projectPage(rows?.results ?? [], call.query);
    return {
      status: 200,
      body: {
        items: page.items.map((project) => projectJson(tenant.name, project)),
        nextCursor: page.nextCursor,
      },
    };
  },
});
