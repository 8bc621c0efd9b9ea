import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { App } from "../../store/apps.ts";
import type { PlannedDeployment } from "../releases/deployment.ts";
import { releaseSummaryJson, viewsOf } from "../releases/json.ts";
import { livenessOf } from "../shared/liveness.ts";
import type { AppReading } from "./reading.ts";
import { appJson } from "./schema.ts";

/** What was just deployed is Pending by itself; the clusters of the other releases are asked. */
export async function changeAnswer(
  call: Call,
  reading: AppReading,
  status: number,
  app: App,
  planned: PlannedDeployment[],
): Promise<Answer> {
  const names = { tenant: reading.place.tenant.name, project: reading.place.project.name };
  const fresh = new Map(planned.map(({ view }) => [view.release.id, view]));
  const others = viewsOf(reading.found.environments).filter(({ release }) => !fresh.has(release.id));
  const liveness = await livenessOf(
    call.env,
    others.map(({ environment }) => environment.clusterId),
  );
  const releases = [
    ...[...fresh.values()].map((view) => releaseSummaryJson(app.name, view, { connected: true })),
    ...others.map((view) =>
      releaseSummaryJson(app.name, view, liveness.get(view.environment.clusterId ?? "")),
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
