import type { AppSpec } from "../../../domain/apps/spec.ts";
import { canonicalJson } from "../../../domain/canonical/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { type App, appState, type FoundForWrite, insertApp, updateApp } from "../../store/apps.ts";
import type { EnvironmentRelease } from "../../store/releases.ts";
import { insertRevision } from "../../store/revisions.ts";
import { type PlannedDeployment, planDeployment } from "../releases/deployment.ts";
import { releaseSummaryJson, viewsOf } from "../releases/json.ts";
import { livenessOf } from "../shared/liveness.ts";
import type { ProjectPlace } from "../shared/place.ts";
import { appJson } from "./schema.ts";

/** What a write wants of an app: its content, already in canonical form. */
export interface WantedApp {
  name: string;
  displayName: string | null;
  labels: Record<string, string>;
  spec: AppSpec;
  digest: string;
}

/** What was read for it. */
export interface AppReading {
  place: ProjectPlace;
  found: FoundForWrite;
  /** Environments of the project in their order, with this app's releases. */
  environments: EnvironmentRelease[];
}

/** Commits a new app, its first revision and its releases. */
export async function createAppRow(
  call: Call,
  reading: AppReading,
  wanted: WantedApp,
  status: 201 | 202,
): Promise<Answer> {
  const { place } = reading;
  const revision = { id: call.newId("revision"), number: 1 };
  const app: App = {
    id: call.newId("app"),
    name: wanted.name,
    displayName: wanted.displayName,
    labels: wanted.labels,
    version: 1,
    createdAt: call.now,
    updatedAt: call.now,
    deletedAt: null,
    tenantId: place.tenant.id,
    projectId: place.project.id,
    revisionId: revision.id,
    revisionNumber: revision.number,
  };
  const planned = planAuto(call, reading, app, true);
  return call.commit({
    db: place.scope.db,
    statements: [
      insertApp(place.scope, app),
      newRevision(call, reading, app, wanted),
      ...planned.flatMap(({ statements }) => statements),
    ],
    events: [
      {
        type: "evt.app.created",
        tenantId: place.tenant.id,
        subject: `app/${app.id}`,
        data: { before: null, after: appState(app) },
      },
      ...planned.map(({ event }) => event),
    ],
    answer: await changeAnswer(call, reading, status, app, planned),
  });
}

/** Commits what a PUT or PATCH wants of an app; nothing at all where it is so already. */
export async function replaceAppRow(
  call: Call,
  reading: AppReading,
  before: App,
  wanted: WantedApp,
): Promise<Answer> {
  const { place, found } = reading;
  const revision = found.same ?? { id: call.newId("revision"), number: found.lastNumber + 1 };
  const newContent = revision.id !== before.revisionId;
  const settled: App = {
    ...before,
    displayName: wanted.displayName,
    labels: wanted.labels,
    revisionId: revision.id,
    revisionNumber: revision.number,
  };
  const planned = planAuto(call, reading, settled, newContent);
  const rowChanges = canonicalJson(settled) !== canonicalJson(before);
  if (!rowChanges && planned.length === 0) {
    const answer = await changeAnswer(call, reading, 200, before, []);
    return call.commit({ db: place.scope.db, statements: [], events: [], answer });
  }
  const app = { ...settled, version: before.version + 1, updatedAt: call.now };
  const { displayName, labels, revisionId, revisionNumber, updatedAt } = app;
  return call.commit({
    db: place.scope.db,
    statements: [
      ...updateApp(place.scope, before, { displayName, labels, revisionId, revisionNumber, updatedAt }),
      ...(newContent && !found.same ? [newRevision(call, reading, app, wanted)] : []),
      ...planned.flatMap(({ statements }) => statements),
    ],
    events: [
      {
        type: "evt.app.updated",
        tenantId: place.tenant.id,
        subject: `app/${app.id}`,
        data: { before: appState(before), after: appState(app) },
      },
      ...planned.map(({ event }) => event),
    ],
    answer: await changeAnswer(call, reading, 202, app, planned),
  });
}

const newRevision = (call: Call, { place }: AppReading, app: App, wanted: WantedApp): D1PreparedStatement =>
  insertRevision(place.scope, {
    id: app.revisionId,
    appId: app.id,
    number: app.revisionNumber,
    digest: wanted.digest,
    spec: canonicalJson(wanted.spec),
    createdAt: call.now,
    createdBy: call.principal.id,
  });

/**
 * A new content goes at once to each environment that deploys by itself. The same content again goes only where it
 * never was: a repeated PUT does not undo a rollback.
 */
const planAuto = (call: Call, reading: AppReading, app: App, newContent: boolean): PlannedDeployment[] =>
  reading.environments
    .filter(({ environment, release }) => isAutomatic(environment) && (newContent || !release))
    .map((at) =>
      planDeployment(call, {
        scope: reading.place.scope,
        project: reading.place.project,
        app,
        at,
        revision: { id: app.revisionId, number: app.revisionNumber },
        action: "auto",
      }),
    );

const isAutomatic = (environment: { autoDeploy: boolean; delivery: string }): boolean =>
  environment.autoDeploy && environment.delivery === "direct";

/** What was just deployed is Pending by itself; the clusters of the other releases are asked. */
async function changeAnswer(
  call: Call,
  reading: AppReading,
  status: number,
  app: App,
  planned: PlannedDeployment[],
): Promise<Answer> {
  const names = { tenant: reading.place.tenant.name, project: reading.place.project.name };
  const fresh = new Map(planned.map(({ view }) => [view.release.id, view]));
  const others = viewsOf(reading.environments).filter(({ release }) => !fresh.has(release.id));
  const liveness = await livenessOf(
    call.env,
    others.map(({ environment }) => environment.clusterId),
  );
  const releases = [
    ...[...fresh.values()].map((view) => releaseSummaryJson(app.name, view, true)),
    ...others.map((view) =>
      releaseSummaryJson(app.name, view, liveness.get(view.environment.clusterId ?? "")?.connected),
    ),
  ];
  const parent = `/api/v1/tenants/${names.tenant}/projects/${names.project}`;
  return {
    status,
    body: { ...appJson(names, app), releases },
    etag: etagOf(app.version),
    ...(app.version === 1 ? { location: `${parent}/apps/${app.name}` } : {}),
  };
}
