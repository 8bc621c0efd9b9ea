import type { Answer, Call } from "../../routing/call.ts";
import { type Project, projectState, touchDesiredOfProject, updateProject } from "../../store/projects.ts";
import { type Deletion, deletionEvent, deletionOf } from "../shared/deletion.ts";
import type { TenantPlace } from "../shared/place.ts";
import { projectAnswer } from "./write.ts";

/** Commits that a project is deleted, or back again; the documents of all that is in it follow. */
export function commitDeletion(
  call: Call,
  { tenant, scope }: TenantPlace,
  before: Project,
  becomes: Deletion,
): Promise<Answer> {
  const { changes, after } = deletionOf(call, before, becomes);
  return call.commit({
    db: scope.db,
    statements: [
      ...updateProject(scope, before, changes),
      ...touchDesiredOfProject(scope, before.id, call.correlationId),
    ],
    events: [
      {
        ...deletionEvent("project", becomes, projectState(before), projectState(after)),
        tenantId: tenant.id,
        subject: `project/${before.id}`,
      },
    ],
    answer: projectAnswer(200, tenant.name, after),
  });
}
