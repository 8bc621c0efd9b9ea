import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { findRevision, revisionHeadOf } from "../../store/revisions.ts";
import { tenantPath } from "../../store/scope.ts";
import { openApp } from "../shared/place.ts";
import { refOf, revisionExample, revisionHeadJson, revisionParams, revisionSchema } from "./schema.ts";

export const getRevision = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/revisions/{revision}",
  operationId: "getRevision",
  tag: "revisions",
  summary: "Get a revision and its spec",
  action: "revision:get",
  params: revisionParams,
  conditional: ["If-None-Match"],
  answers: {
    200: {
      description: "The revision. It never changes.",
      schema: revisionSchema,
      example: revisionExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const { project, app, revision } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const [parent, rows] = await call.read(path.db, [
      findAppPath(path, project, app),
      findRevision(path, { project, app }, refOf(revision), true),
    ]);
    openApp(call, call.params, foundIn(parent?.results[0]));
    const row = rows?.results[0];
    if (!row) throw new KubeNovaError("KN-1200", `There is no revision '${revision}' of '${app}'.`);
    const head = revisionHeadOf(row);
    const spec: unknown = JSON.parse(row.spec as string);
    return { status: 200, body: { ...revisionHeadJson(head), spec }, etag: String(head.number) };
  },
});
