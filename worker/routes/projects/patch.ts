import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import { findProjectPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { writtenFields } from "../shared/catalogue.ts";
import { openProject } from "../shared/place.ts";
import {
  patchProjectSchema,
  projectExample,
  projectParams,
  projectSchema,
  putProjectSchema,
} from "./schema.ts";
import { replaceProjectRow } from "./write.ts";

export const patchProject = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/projects/{project}",
  operationId: "patchProject",
  tag: "projects",
  summary: "Change fields of a project",
  description: "A JSON Merge Patch (RFC 7396): null takes a field away.",
  action: "project:update",
  params: projectParams,
  body: {
    schema: patchProjectSchema,
    example: { displayName: null, labels: { team: "orders" } },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The project as it is now.",
      schema: projectSchema,
      example: projectExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const place = openProject(call, call.params, foundIn(rows?.results[0]));
    call.checkPrecondition(place.project);
    const merged = mergePatch(writtenFields(place.project), call.body);
    return replaceProjectRow(call, place, validate(putProjectSchema, merged, "body"));
  },
});
