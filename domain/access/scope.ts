/** Where a binding holds: the platform, one cluster, or something of a tenant and all below it. */
export type Scope =
  | { level: "platform" }
  | { level: "cluster"; clusterId: string }
  | { level: "tenant"; tenantId: string }
  | { level: "project"; tenantId: string; projectId: string }
  | { level: "environment"; tenantId: string; projectId: string; environmentId: string };

export type Level = Scope["level"];

/**
 * What is acted on, by the ids of all that it is in; `{}` is the platform itself. A cluster that a tenant owns has both
 * ids: the owner decides on it.
 */
export interface AccessObject {
  tenantId?: string | undefined;
  projectId?: string | undefined;
  environmentId?: string | undefined;
  clusterId?: string | undefined;
}

/** Whether an object is what a scope names, or is in it. */
export function contains(scope: Scope, object: AccessObject): boolean {
  switch (scope.level) {
    case "platform":
      return true;
    case "cluster":
      return object.clusterId === scope.clusterId;
    case "tenant":
      return object.tenantId === scope.tenantId;
    case "project":
      return object.projectId === scope.projectId && object.tenantId === scope.tenantId;
    case "environment":
      return (
        object.environmentId === scope.environmentId &&
        object.projectId === scope.projectId &&
        object.tenantId === scope.tenantId
      );
  }
}

/** Whether an object is on the way from the platform down to a scope: its tenant, its project, the platform's lists. */
export function isAbove(object: AccessObject, scope: Scope): boolean {
  if (object.environmentId !== undefined || object.clusterId !== undefined) return false;
  if (scope.level === "platform") return false;
  if (object.projectId !== undefined) {
    return (
      scope.level === "environment" &&
      scope.projectId === object.projectId &&
      scope.tenantId === object.tenantId
    );
  }
  if (object.tenantId === undefined) return true;
  return scope.level !== "cluster" && scope.level !== "tenant" && scope.tenantId === object.tenantId;
}
