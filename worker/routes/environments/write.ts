import { sameJson } from "../../../domain/canonical/same.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import {
  type Environment,
  environmentState,
  insertEnvironment,
  type PlacedEnvironment,
  updateEnvironment,
} from "../../store/environments.ts";
import { touchProject } from "../../store/projects.ts";
import { moveReleasesOfEnvironment } from "../../store/touch-releases.ts";
import type { ProjectPlace } from "../shared/place.ts";
import { type EnvironmentWrite, environmentJson } from "./schema.ts";
import { type EnvironmentReading, settleChange, settleNew } from "./settle.ts";

export function environmentAnswer(
  status: number,
  { tenant, project }: ProjectPlace,
  environment: PlacedEnvironment,
): Answer {
  const parent = `/api/v1/tenants/${tenant.name}/projects/${project.name}`;
  return {
    status,
    body: environmentJson({ tenant: tenant.name, project: project.name }, environment),
    etag: etagOf(environment.version),
    ...(status === 201 ? { location: `${parent}/environments/${environment.name}` } : {}),
  };
}

/** The columns of an environment, without what was joined to it. */
export function columnsOf({
  clusterName: _name,
  clusterMode: _mode,
  ...row
}: PlacedEnvironment): Environment {
  return row;
}

/** Commits a new environment. */
export function createEnvironmentRow(
  call: Call,
  reading: EnvironmentReading,
  name: string,
  write: EnvironmentWrite,
): Promise<Answer> {
  const { place } = reading;
  const environment = settleNew(call, reading, name, write);
  return call.commit({
    db: place.scope.db,
    statements: [
      insertEnvironment(place.scope, columnsOf(environment)),
      touchProject(place.scope, place.project.id),
    ],
    events: [
      {
        type: "evt.environment.created",
        tenantId: place.tenant.id,
        subject: `environment/${environment.id}`,
        data: { before: null, after: environmentState(environment) },
      },
    ],
    answer: environmentAnswer(201, place, environment),
  });
}

/** Commits what a PUT or PATCH wants of an environment; nothing at all where it is so already. */
export function replaceEnvironmentRow(
  call: Call,
  reading: EnvironmentReading,
  before: PlacedEnvironment,
  write: EnvironmentWrite,
): Promise<Answer> {
  const { place } = reading;
  const { scope } = place;
  const settled = settleChange(call, reading, before, write);
  if (sameJson(settled, before)) {
    const answer = environmentAnswer(200, place, before);
    return call.commit({ db: scope.db, statements: [], events: [], answer });
  }
  const after = { ...settled, version: before.version + 1, updatedAt: call.now };
  const moved = after.clusterId !== before.clusterId;
  return call.commit({
    db: scope.db,
    statements: [
      ...updateEnvironment(scope, before, changesOf(after)),
      ...(moved
        ? [
            touchProject(scope, place.project.id),
            moveReleasesOfEnvironment(scope, before.id, call.correlationId),
          ]
        : []),
    ],
    events: [
      {
        type: "evt.environment.updated",
        tenantId: place.tenant.id,
        subject: `environment/${before.id}`,
        data: { before: environmentState(before), after: environmentState(after) },
      },
    ],
    answer: environmentAnswer(200, place, after),
  });
}

const changesOf = (after: Environment): Partial<Environment> => ({
  displayName: after.displayName,
  labels: after.labels,
  position: after.position,
  delivery: after.delivery,
  autoDeploy: after.autoDeploy,
  clusterId: after.clusterId,
  placements: after.placements,
  updatedAt: after.updatedAt,
});
