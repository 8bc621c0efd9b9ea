import { defineRoute } from "../../routing/define.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { openTenant } from "../shared/place.ts";
import { tenantParams } from "../tenants/schema.ts";
import { createProjectSchema, projectExample, projectSchema } from "./schema.ts";
import { createProjectRow } from "./write.ts";

export const createProject = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects",
  operationId: "createProject",
  tag: "projects",
  summary: "Create a project",
  action: "project:create",
  params: tenantParams,
  body: {
    schema: createProjectSchema,
    example: { name: "shop", displayName: "Web shop", labels: { team: "checkout" } },
  },
  answers: {
    201: {
      description: "The project.",
      schema: projectSchema,
      example: projectExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const { name, ...write } = call.body;
    const [rows] = await call.read(path.db, [findProjectPath(path, name)]);
    const found = foundIn(rows?.results[0]);
    const place = openTenant(call, call.params, found);
    nameIsFree("project", found.project);
    return createProjectRow(call, place, name, write);
  },
});
