import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { deploymentsOf, findDeployments, findReleases, releasesOf } from "../../store/releases.ts";
import { tenantPath } from "../../store/scope.ts";
import { livenessOf } from "../shared/liveness.ts";
import { openRelease } from "../shared/place.ts";
import { releaseJson, viewsOf } from "./json.ts";
import { releaseExample, releaseParams, releaseSchema } from "./schema.ts";

/** Deployments that an answer shows. */
const SHOWN_HISTORY = 20;

export const getRelease = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases/{environment}",
  operationId: "getRelease",
  tag: "releases",
  summary: "Get how an app goes in an environment",
  action: "release:get",
  params: releaseParams,
  conditional: ["If-None-Match"],
  answers: {
    200: {
      description: "The release, what its cluster last said, and its latest deployments.",
      schema: releaseSchema,
      example: releaseExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const { project, app, environment } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const names = { project, app, environment };
    const [parent, rows, deployments] = await call.read(path.db, [
      findAppPath(path, project, app),
      findReleases(path, names),
      findDeployments(path, names, SHOWN_HISTORY),
    ]);
    const found = releasesOf(rows?.results);
    openRelease(call, call.params, {
      ...foundIn(parent?.results[0]),
      environment: found[0]?.environment,
    });
    const [view] = viewsOf(found);
    if (!view) throw new KubeNovaError("KN-1200", `'${app}' was never deployed to '${environment}'.`);
    const { clusterId } = view.environment;
    const liveness = (await livenessOf(call.env, [clusterId])).get(clusterId ?? "");
    const body = releaseJson(app, view, liveness, deploymentsOf(deployments?.results));
    const { lastSeenAt: _, ...stable } = body;
    return { status: 200, body, etag: etagOf(view.release.version, stable) };
  },
});
