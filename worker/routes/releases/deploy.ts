import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { findAppPath, foundIn } from "../../store/paths.ts";
import { findReleases, releasesOf } from "../../store/releases.ts";
import { findRevision, revisionHeadOf } from "../../store/revisions.ts";
import { tenantPath } from "../../store/scope.ts";
import { refOf } from "../revisions/schema.ts";
import { openRelease } from "../shared/place.ts";
import { deploymentAnswers } from "./deployment-answers.ts";
import { releaseParams, releaseSummaryExample, revisionSelectorSchema } from "./schema.ts";
import { deploy, deployable } from "./target.ts";

export const deployRelease = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/projects/{project}/apps/{app}/releases/{environment}",
  operationId: "deployRelease",
  tag: "releases",
  summary: "Deploy a revision to an environment",
  action: "release:deploy",
  params: releaseParams,
  body: {
    schema: z.strictObject({ revision: revisionSelectorSchema }).meta({ id: "DeployRequest" }),
    example: { revision: "latest" },
  },
  conditional: ["If-Match"],
  answers: deploymentAnswers(releaseSummaryExample),
  errors: ["KN-1309", "KN-1310", "KN-1312"],
  async handler(call) {
    const { project: projectName, app: appName, environment } = call.params;
    const path = tenantPath(call.env, call.params.tenant);
    const names = { project: projectName, app: appName, environment };
    const [parent, rows, revisions] = await call.read(path.db, [
      findAppPath(path, projectName, appName),
      findReleases(path, names),
      findRevision(path, names, refOf(call.body.revision), false),
    ]);
    const [found] = releasesOf(rows?.results);
    const { scope, project, app } = openRelease(call, call.params, {
      ...foundIn(parent?.results[0]),
      environment: found?.environment,
    });
    const at = deployable(environment, found);
    call.checkPrecondition(at.release);
    const row = revisions?.results[0];
    if (!row) {
      throw new KubeNovaError("KN-1200", `There is no revision '${call.body.revision}' of '${appName}'.`);
    }
    return deploy(call, { scope, project, app, at, revision: revisionHeadOf(row), action: "deploy" });
  },
});
