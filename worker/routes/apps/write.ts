import { canonicalJson } from "../../../domain/canonical/index.ts";
import { sameJson } from "../../../domain/canonical/same.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { type App, appState, insertApp, updateApp } from "../../store/apps.ts";
import { insertRevision } from "../../store/revisions.ts";
import { newRow } from "../shared/catalogue.ts";
import { changeAnswer } from "./answer.ts";
import { planAuto } from "./auto-deploy.ts";
import type { AppReading, WantedApp } from "./reading.ts";

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
    ...newRow(call, "app", wanted.name, wanted),
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
  const rowChanges = !sameJson(settled, before);
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
