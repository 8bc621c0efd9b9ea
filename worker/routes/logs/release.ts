import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { LABEL } from "../../../domain/names/labels.ts";
import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { findReleases, releasesOf } from "../../store/releases.ts";
import { tenantPath } from "../../store/scope.ts";
import { viewsOf } from "../releases/json.ts";
import { releaseParams } from "../releases/schema.ts";
import { openRelease } from "../shared/place.ts";
import { listPods, logQuery, type PodSummary, podLog, podSchema } from "./schema.ts";

/** The pod that a person means: one that is ready before one that is not, and of those the newest. */
const foremost = (pods: PodSummary[]): PodSummary | undefined =>
  [...pods].sort(
    (a, b) => Number(b.ready) - Number(a.ready) || (b.startedAt ?? "").localeCompare(a.startedAt ?? ""),
  )[0];

export const releaseLogs = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases/{environment}/logs",
  operationId: "getReleaseLog",
  tag: "releases",
  summary: "The log of an app in an environment",
  description:
    "Of its newest pod that is ready, or of the one that `pod` names. Forms as for the log of a pod.",
  action: "release:proxy",
  params: releaseParams,
  query: z.strictObject({ pod: podSchema.optional(), ...logQuery }),
  answers: { 200: { description: "The log.", mediaType: "text/plain" } },
  errors: ["KN-1309", "KN-1500", "KN-1501", "KN-1502", "KN-1503", "KN-1504", "KN-1505", "KN-1603"],
  streams: true,
  async handler(call) {
    const { project, app, environment } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const [parent, rows] = await call.read(path.db, [
      findAppPath(path, project, app),
      findReleases(path, { project, app, environment }),
    ]);
    const found = releasesOf(rows?.results);
    openRelease(call, call.params, {
      ...foundIn(parent?.results[0]),
      environment: found[0]?.environment,
    });
    const [view] = viewsOf(found);
    if (!view) throw new KubeNovaError("KN-1200", `'${app}' was never deployed to '${environment}'.`);
    const { clusterId, namespace } = view.environment;
    if (clusterId === null) throw new KubeNovaError("KN-1309");
    const selector = `${LABEL.app}=${app}`;
    const pods = await listPods(call, clusterId, { namespace, selector });
    const { pod: named, ...query } = call.query;
    const pod = named ? pods.find(({ name }) => name === named) : foremost(pods);
    if (!pod) {
      const names = pods.map(({ name }) => name);
      throw new KubeNovaError(
        "KN-1200",
        `'${app}' has no ${named ? `pod ${named}` : "pods"} in '${environment}'.`,
        { pods: names },
      );
    }
    return podLog(call, clusterId, { namespace, pod: pod.name, ...query });
  },
});
