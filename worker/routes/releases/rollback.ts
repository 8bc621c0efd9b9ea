import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { rollbackTarget } from "../../../domain/release/rollback.ts";
import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import {
  type DeploymentEntry,
  deploymentsOf,
  findDeployments,
  findReleases,
  MAX_HISTORY,
  releasesOf,
} from "../../store/releases.ts";
import { tenantPath } from "../../store/scope.ts";
import { refOf } from "../revisions/schema.ts";
import { openRelease } from "../shared/place.ts";
import { deploymentAnswers } from "./deployment-answers.ts";
import { releaseParams, releaseSummaryExample, revisionSelectorSchema } from "./schema.ts";
import { deploy, deployable } from "./target.ts";

type Selector = z.infer<typeof revisionSelectorSchema>;

export const rollbackRelease = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases/{environment}:rollback",
  operationId: "rollbackRelease",
  tag: "releases",
  summary: "Go back to an earlier revision",
  description:
    "To the revision that ran there before, or to the one named by `to`, which must have been deployed there. Two rollbacks go back two steps.",
  action: "release:deploy",
  params: releaseParams,
  body: {
    schema: z.strictObject({ to: revisionSelectorSchema.optional() }).meta({ id: "RollbackRequest" }),
    example: { to: 1 },
    optional: true,
  },
  conditional: ["If-Match"],
  answers: deploymentAnswers({ ...releaseSummaryExample, desiredRevision: 3, version: 3 }),
  errors: ["KN-1309", "KN-1310", "KN-1311", "KN-1312"],
  async handler(call) {
    const { project: projectName, app: appName, environment } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const names = { project: projectName, app: appName, environment };
    const [parent, rows, deployments] = await call.read(path.db, [
      findAppPath(path, projectName, appName),
      findReleases(path, names),
      findDeployments(path, names, MAX_HISTORY),
    ]);
    const [found] = releasesOf(rows?.results);
    const { scope, project, app } = openRelease(call, call.params, {
      ...foundIn(parent?.results[0]),
      environment: found?.environment,
    });
    const at = deployable(environment, found);
    call.checkPrecondition(at.release);
    const target = targetOf(deploymentsOf(deployments?.results), call.body?.to);
    if (!target) throw new KubeNovaError("KN-1311");
    const revision = { id: target.revisionId, number: target.revisionNumber };
    return deploy(call, { scope, project, app, at, revision, action: "rollback" });
  },
});

/** @param newestFirst what was deployed there */
function targetOf(newestFirst: DeploymentEntry[], to: Selector | undefined): DeploymentEntry | undefined {
  if (to === undefined) {
    const id = rollbackTarget(newestFirst.toReversed());
    return newestFirst.find(({ revisionId }) => revisionId === id);
  }
  const ref = refOf(to);
  if (ref === "latest") return newestFirst[0];
  return newestFirst.find((entry) =>
    "id" in ref ? entry.revisionId === ref.id : entry.revisionNumber === ref.number,
  );
}
