import type { Answer, Call } from "../../routing/call.ts";
import { environmentState, type PlacedEnvironment, updateEnvironment } from "../../store/environments.ts";
import { touchProject } from "../../store/projects.ts";
import { touchReleasesOfEnvironment } from "../../store/touch-releases.ts";
import { type Deletion, deletionEvent, deletionOf } from "../shared/deletion.ts";
import type { ProjectPlace } from "../shared/place.ts";
import { environmentAnswer } from "./write.ts";

/** Commits that an environment is deleted, or back again; its project's document and its releases follow. */
export function commitDeletion(
  call: Call,
  place: ProjectPlace,
  before: PlacedEnvironment,
  becomes: Deletion,
): Promise<Answer> {
  const { scope } = place;
  const { changes, after } = deletionOf(call, before, becomes);
  return call.commit({
    db: scope.db,
    statements: [
      ...updateEnvironment(scope, before, changes),
      touchProject(scope, before.projectId),
      touchReleasesOfEnvironment(scope, before.id, call.correlationId),
    ],
    events: [
      {
        ...deletionEvent("environment", becomes, environmentState(before), environmentState(after)),
        tenantId: before.tenantId,
        subject: `environment/${before.id}`,
      },
    ],
    answer: environmentAnswer(200, place, after),
  });
}
