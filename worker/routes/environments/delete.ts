import { defineRoute } from "../../routing/define.ts";
import {
  environmentState,
  findEnvironment,
  foundEnvironment,
  updateEnvironment,
} from "../../store/environments.ts";
import { touchProject } from "../../store/projects.ts";
import { tenantPath } from "../../store/scope.ts";
import { touchReleasesOfEnvironment } from "../../store/touch-releases.ts";
import { confirmed, confirmQuery, present } from "../shared/catalogue.ts";
import { openProject } from "../shared/place.ts";
import { deletedEnvironmentExample, environmentParams, environmentSchema } from "./schema.ts";
import { environmentAnswer } from "./write.ts";

export const deleteEnvironment = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}",
  operationId: "deleteEnvironment",
  tag: "environments",
  summary: "Delete an environment",
  description:
    "Its workloads stop. Its namespace and volumes stay for 30 days, in which a restore brings all back.",
  action: "environment:delete",
  params: environmentParams,
  query: confirmQuery("staging"),
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The deleted environment.",
      schema: environmentSchema,
      example: deletedEnvironmentExample,
      headers: ["ETag"],
    },
  },
  errors: ["KN-1008"],
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [
      findEnvironment(path, call.params.project, call.params.environment),
    ]);
    const found = foundEnvironment(rows?.results[0]);
    const place = openProject(call, call.params, found);
    const { scope } = place;
    const before = present("environment", call.params.environment, found.environment);
    confirmed(before.name, call.query.confirm);
    call.checkPrecondition(before);
    const changes = { deletedAt: call.now, updatedAt: call.now };
    return call.commit({
      db: scope.db,
      statements: [
        ...updateEnvironment(scope, before, changes),
        touchProject(scope, before.projectId),
        touchReleasesOfEnvironment(scope, before.id, call.correlationId),
      ],
      events: [
        {
          type: "evt.environment.deleted",
          tenantId: before.tenantId,
          subject: `environment/${before.id}`,
          data: { before: environmentState(before), after: null },
        },
      ],
      answer: environmentAnswer(200, place, { ...before, ...changes, version: before.version + 1 }),
    });
  },
});
