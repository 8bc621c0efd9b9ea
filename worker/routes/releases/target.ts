import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { EnvironmentRelease } from "../../store/releases.ts";
import type { TenantScope } from "../../store/scope.ts";
import { livenessOf } from "../shared/liveness.ts";
import { type DeploymentTarget, planDeployment } from "./deployment.ts";
import { releaseSummaryJson, viewsOf } from "./json.ts";

/**
 * The environment, where something can be deployed to it.
 * @throws KubeNovaError KN-1200, KN-1309, KN-1310, KN-1312
 */
export function deployable(name: string, found: EnvironmentRelease | undefined): EnvironmentRelease {
  if (!found) throw new KubeNovaError("KN-1200", `There is no environment '${name}'.`);
  const { environment } = found;
  if (environment.delivery === "git") throw new KubeNovaError("KN-1312");
  // A cluster that was purged is in the placement still, and nowhere else.
  if (environment.clusterId === null || environment.clusterMode === null) throw new KubeNovaError("KN-1309");
  if (environment.clusterMode === "read-only") throw new KubeNovaError("KN-1310");
  return found;
}

/** Commits a deployment and answers with the release; nothing at all where the revision is the desired one already. */
export async function deploy(call: Call, target: DeploymentTarget): Promise<Answer> {
  const { release } = target.at;
  if (release?.revisionId === target.revision.id) return unchanged(call, target.scope, target);
  const planned = planDeployment(call, target);
  return call.commit({
    db: target.scope.db,
    statements: planned.statements,
    events: [planned.event],
    answer: {
      status: 202,
      body: releaseSummaryJson(target.app.name, planned.view, { connected: true }),
      etag: etagOf(planned.view.release.version),
    },
  });
}

async function unchanged(call: Call, scope: TenantScope, target: DeploymentTarget): Promise<Answer> {
  const [view] = viewsOf([target.at]);
  if (!view) throw new KubeNovaError("KN-1200");
  const { clusterId } = view.environment;
  const liveness = (await livenessOf(call.env, [clusterId])).get(clusterId ?? "");
  const answer = {
    status: 200,
    body: releaseSummaryJson(target.app.name, view, liveness),
    etag: etagOf(view.release.version),
  };
  return call.commit({ db: scope.db, statements: [], events: [], answer });
}
