import { defineRoute } from "../../routing/define.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { restorable } from "../shared/catalogue.ts";
import { openProjectSlot } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { projectExample, projectParams, projectSchema } from "./schema.ts";

export const restoreProject = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}:restore",
  operationId: "restoreProject",
  tag: "projects",
  summary: "Bring a deleted project back",
  description: "What was deleted with it comes back too.",
  action: "project:restore",
  params: projectParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The project.",
      schema: projectSchema,
      example: { ...projectExample, version: 3 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1306", "KN-1203"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const found = foundIn(rows?.results[0]);
    const { tenant, scope } = openProjectSlot(call, call.params, found);
    const before = restorable("project", call.params.project, found.project, call.now);
    call.checkPrecondition(before);
    return commitDeletion(call, { tenant, scope }, before, "restored");
  },
});
