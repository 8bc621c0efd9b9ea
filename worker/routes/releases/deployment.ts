import type { Call } from "../../routing/call.ts";
import {
  type DeployEvent,
  type EnvironmentRelease,
  insertDeployment,
  insertRelease,
  type Release,
  updateRelease,
} from "../../store/releases.ts";
import type { TenantScope } from "../../store/scope.ts";
import type { ReleaseView } from "./json.ts";

export interface DeploymentTarget {
  scope: TenantScope;
  project: { id: string; name: string };
  app: { id: string; name: string };
  at: EnvironmentRelease;
  revision: { id: string; number: number };
  action: "deploy" | "auto" | "rollback";
}

/** The part of a commit that binds a revision to an environment, and the release as it is then. */
export interface PlannedDeployment {
  statements: D1PreparedStatement[];
  event: DeployEvent;
  view: ReleaseView;
}

export function planDeployment(call: Call, target: DeploymentTarget): PlannedDeployment {
  const { scope, at, revision, action } = target;
  const before = at.release;
  const release = before ? changed(call, before, revision.id) : created(call, target);
  const write = before
    ? updateRelease(scope, before, {
        revisionId: revision.id,
        correlationId: call.correlationId,
        updatedAt: call.now,
      })
    : [insertRelease(scope, release)];
  const deployment = insertDeployment(scope, {
    id: call.newId("deployment"),
    releaseId: release.id,
    revisionId: revision.id,
    action,
    actor: call.principal.id,
    correlationId: call.correlationId,
    createdAt: call.now,
  });
  return {
    statements: [...write, deployment],
    event: eventOf(target, release, before),
    view: { environment: at.environment, release, revisionNumber: revision.number },
  };
}

const changed = (call: Call, before: Release, revisionId: string): Release => ({
  ...before,
  revisionId,
  correlationId: call.correlationId,
  updatedAt: call.now,
  version: before.version + 1,
  desiredRevision: before.desiredRevision + 1,
});

const created = (call: Call, { scope, project, app, at, revision }: DeploymentTarget): Release => ({
  id: call.newId("release"),
  tenantId: scope.tenantId,
  projectId: project.id,
  appId: app.id,
  environmentId: at.environment.id,
  revisionId: revision.id,
  desiredRevision: 1,
  correlationId: call.correlationId,
  version: 1,
  createdAt: call.now,
  updatedAt: call.now,
  deletedAt: null,
  phase: "Pending",
  message: null,
  observedRevision: 0,
  status: null,
  statusSeq: 0,
  statusEpoch: 0,
  statusAt: null,
  statusClusterId: null,
  announced: null,
  announcedRevision: 0,
});

function eventOf(target: DeploymentTarget, release: Release, before: Release | undefined): DeployEvent {
  const { scope, project, app, at, revision, action } = target;
  const about = { tenantId: scope.tenantId, subject: `release/${release.id}` };
  const data = {
    releaseId: release.id,
    appId: app.id,
    app: app.name,
    projectId: project.id,
    project: project.name,
    environmentId: at.environment.id,
    environment: at.environment.name,
    clusterId: at.environment.clusterId,
    revisionId: revision.id,
    revisionNumber: revision.number,
  };
  return action === "rollback"
    ? {
        ...about,
        type: "evt.deploy.rolled-back",
        data: { ...data, fromRevisionId: before?.revisionId ?? revision.id },
      }
    : { ...about, type: "evt.deploy.requested", data: { ...data, action } };
}
