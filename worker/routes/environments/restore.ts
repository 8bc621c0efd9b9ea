import { defineRoute } from "../../routing/define.ts";
import { findEnvironment, foundEnvironment } from "../../store/environments.ts";
import { tenantPath } from "../../store/scope.ts";
import { restorable } from "../shared/catalogue.ts";
import { openEnvironment } from "../shared/place.ts";
import { commitDeletion } from "./deletion.ts";
import { environmentExample, environmentParams, environmentSchema } from "./schema.ts";
import { haveRoom } from "./settle.ts";

export const restoreEnvironment = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}:restore",
  operationId: "restoreEnvironment",
  tag: "environments",
  summary: "Bring a deleted environment back",
  description: "Its workloads run again where it is placed.",
  action: "environment:restore",
  params: environmentParams,
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The environment.",
      schema: environmentSchema,
      example: { ...environmentExample, version: 3 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1306", "KN-1203"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [
      findEnvironment(path, call.params.project, call.params.environment),
    ]);
    const found = foundEnvironment(rows?.results[0]);
    const place = openEnvironment(call, call.params, found);
    const before = restorable("environment", call.params.environment, found.environment, call.now);
    call.checkPrecondition(before);
    haveRoom(found);
    return commitDeletion(call, place, before, "restored");
  },
});
