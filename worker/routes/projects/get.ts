import { defineRoute } from "../../routing/define.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { openProject } from "../shared/place.ts";
import { projectExample, projectParams, projectSchema } from "./schema.ts";
import { projectAnswer } from "./write.ts";

export const getProject = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}",
  operationId: "getProject",
  tag: "projects",
  summary: "Get a project",
  action: "project:get",
  params: projectParams,
  conditional: ["If-None-Match"],
  answers: {
    200: { description: "The project.", schema: projectSchema, example: projectExample, headers: ["ETag"] },
  },
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const { tenant, project } = openProject(call, call.params, foundIn(rows?.results[0]));
    return projectAnswer(200, tenant.name, project);
  },
});
