import { sameJson } from "../../../domain/canonical/same.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { insertProject, type Project, projectState, updateProject } from "../../store/projects.ts";
import { newRow } from "../shared/catalogue.ts";
import type { ProjectPlace, TenantPlace } from "../shared/place.ts";
import { type ProjectWrite, projectJson } from "./schema.ts";

export const projectAnswer = (status: number, tenant: string, project: Project): Answer => ({
  status,
  body: projectJson(tenant, project),
  etag: etagOf(project.version),
  ...(status === 201 ? { location: `/api/v1/tenants/${tenant}/projects/${project.name}` } : {}),
});

/** Commits a new project. */
export function createProjectRow(
  call: Call,
  { tenant, scope }: TenantPlace,
  name: string,
  write: ProjectWrite,
): Promise<Answer> {
  const project: Project = {
    ...newRow(call, "project", name, write),
    tenantId: tenant.id,
    desiredRevision: 1,
  };
  return call.commit({
    db: scope.db,
    statements: [insertProject(scope, project)],
    events: [
      {
        type: "evt.project.created",
        tenantId: tenant.id,
        subject: `project/${project.id}`,
        data: { before: null, after: projectState(project) },
      },
    ],
    answer: projectAnswer(201, tenant.name, project),
  });
}

/** Commits what a PUT or PATCH wants of a project; nothing at all where it is so already. */
export function replaceProjectRow(
  call: Call,
  { tenant, scope, project: before }: ProjectPlace,
  write: ProjectWrite,
): Promise<Answer> {
  const changes = { displayName: write.displayName ?? null, labels: write.labels ?? {} };
  if (sameJson(changes, { displayName: before.displayName, labels: before.labels })) {
    const answer = projectAnswer(200, tenant.name, before);
    return call.commit({ db: scope.db, statements: [], events: [], answer });
  }
  const after: Project = { ...before, ...changes, version: before.version + 1, updatedAt: call.now };
  return call.commit({
    db: scope.db,
    statements: updateProject(scope, before, { ...changes, updatedAt: call.now }),
    events: [
      {
        type: "evt.project.updated",
        tenantId: tenant.id,
        subject: `project/${after.id}`,
        data: { before: projectState(before), after: projectState(after) },
      },
    ],
    answer: projectAnswer(200, tenant.name, after),
  });
}
