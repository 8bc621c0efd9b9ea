import { defineRoute } from "../../routing/define.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { confirmed, confirmQuery } from "../shared/catalogue.ts";
import { openProject } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { deletedProjectExample, projectParams, projectSchema } from "./schema.ts";

export const deleteProject = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/projects/{project}",
  operationId: "deleteProject",
  tag: "projects",
  summary: "Delete a project",
  description:
    "Its workloads stop. Its namespaces and volumes stay for 30 days, in which a restore brings all back.",
  action: "project:delete",
  params: projectParams,
  query: confirmQuery("shop"),
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted project.",
      schema: projectSchema,
      example: deletedProjectExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const { tenant, scope, project: before } = openProject(call, call.params, foundIn(rows?.results[0]));
    confirmed(before.name, call.query.confirm);
    call.checkPrecondition(before);
    return commitDeletion(call, { tenant, scope }, before, "deleted");
  },
});
