import { defineRoute } from "../../routing/define.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { tenantObject } from "../shared/objects.ts";
import { openProjectSlot } from "../shared/place.ts";
import { projectExample, projectParams, projectSchema, putProjectSchema } from "./schema.ts";
import { createProjectRow, replaceProjectRow } from "./write.ts";

export const putProject = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}/projects/{project}",
  operationId: "putProject",
  tag: "projects",
  summary: "Create or replace a project",
  description: "Fields that the body leaves out are emptied.",
  action: "project:update",
  params: projectParams,
  body: { schema: putProjectSchema, example: { displayName: "Web shop", labels: { team: "checkout" } } },
  conditional: ["If-Match", "If-None-Match"],
  answers: {
    200: {
      description: "The project as it is now.",
      schema: projectSchema,
      example: projectExample,
      headers: ["ETag"],
    },
    201: {
      description: "A new project.",
      schema: projectSchema,
      example: projectExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const found = foundIn(rows?.results[0]);
    const place = openProjectSlot(call, call.params, found);
    const { project } = found;
    call.checkPrecondition(project);
    if (project && project.deletedAt === null)
      return replaceProjectRow(call, { ...place, project }, call.body);
    call.require("project:create", tenantObject(place.tenant));
    nameIsFree("project", project);
    return createProjectRow(call, place, call.params.project, call.body);
  },
});
