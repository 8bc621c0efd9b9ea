import { mergePatch } from "../../../domain/canonical/merge-patch.ts";
import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { validate } from "../../routing/validate.ts";
import type { PlacedEnvironment } from "../../store/environments.ts";
import { present, writtenFields } from "../shared/catalogue.ts";
import { readForWrite } from "./read.ts";
import {
  environmentExample,
  environmentParams,
  environmentSchema,
  patchEnvironmentSchema,
  putEnvironmentSchema,
} from "./schema.ts";
import { replaceEnvironmentRow } from "./write.ts";

export const patchEnvironment = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/projects/{project}/environments/{environment}",
  operationId: "patchEnvironment",
  tag: "environments",
  summary: "Change fields of an environment",
  description:
    'A JSON Merge Patch (RFC 7396): null takes a field away. `{"placement":{"cluster":null}}` stops its workloads.',
  action: "environment:update",
  params: environmentParams,
  body: {
    schema: patchEnvironmentSchema,
    example: { placement: { cluster: "paris-1" } },
    mediaTypes: MERGE_PATCH_TYPES,
  },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The environment as it is now.",
      schema: environmentSchema,
      example: { ...environmentExample, placement: { cluster: "paris-1" }, version: 2 },
      headers: ["ETag"],
    },
  },
  errors: ["KN-1305", "KN-1308", "KN-1310"],
  async handler(call) {
    const reading = await readForWrite(call, call.params, call.body);
    const before = present("environment", call.params.environment, reading.found.environment);
    call.checkPrecondition(before);
    const merged = mergePatch(written(before), call.body);
    return replaceEnvironmentRow(call, reading, before, validate(putEnvironmentSchema, merged, "body"));
  },
});

const written = (environment: PlacedEnvironment) => ({
  ...writtenFields(environment),
  position: environment.position,
  delivery: environment.delivery,
  autoDeploy: environment.autoDeploy,
  placement: environment.clusterName === null ? {} : { cluster: environment.clusterName },
});
