import { can } from "./decide.ts";
import { bindingsOf, limitsOf, type Principal } from "./principal.ts";
import type { AccessObject, Scope } from "./scope.ts";

/** What a list may show: all, or what is one of these or belongs to one of them. */
export type Visible =
  | "all"
  | {
      tenantIds: readonly string[];
      projectIds: readonly string[];
      environmentIds: readonly string[];
      clusterIds: readonly string[];
    };

/** Kinds whose lists show to each reader what he may see. */
export type ListedKind = "tenant" | "project" | "environment" | "cluster";

/** Things of one kind that a principal may see, wherever they are. */
export function visibleOf(principal: Principal, kind: ListedKind): Visible {
  const action = `${kind}:get` as const;
  const sees = (object: AccessObject): boolean => can(principal, action, object);
  const { tenantId: keyTenant } = limitsOf(principal);
  if (keyTenant === undefined && sees({}) && isWide(principal, action)) return "all";
  const objects = bindingsOf(principal).map(({ scope }) => shownBy(scope, kind, keyTenant));
  const seen = objects.filter((object) => object !== undefined && sees(object));
  return {
    tenantIds: distinct(seen, (object) => (object.projectId === undefined ? object.tenantId : undefined)),
    projectIds: distinct(seen, (object) =>
      object.environmentId === undefined ? object.projectId : undefined,
    ),
    environmentIds: distinct(seen, (object) => object.environmentId),
    clusterIds: distinct(seen, (object) => object.clusterId),
  };
}

const isWide = (principal: Principal, action: "tenant:get" | `${ListedKind}:get`): boolean =>
  principal.kind === "platform-admin" ||
  bindingsOf(principal).some(
    ({ scope, permissions }) => scope.level === "platform" && permissions.has(action),
  );

/** The widest object of a kind, or that holds things of that kind, which a scope may show. */
function shownBy(scope: Scope, kind: ListedKind, keyTenant: string | undefined): AccessObject | undefined {
  if (scope.level === "platform") return keyTenant === undefined ? undefined : { tenantId: keyTenant };
  if (scope.level === "cluster") return kind === "cluster" ? { clusterId: scope.clusterId } : undefined;
  const { tenantId } = scope;
  if (kind === "tenant" || scope.level === "tenant") return { tenantId };
  if (kind === "cluster") return undefined;
  const { projectId } = scope;
  if (kind === "project" || scope.level === "project") return { tenantId, projectId };
  return { tenantId, projectId, environmentId: scope.environmentId };
}

const distinct = (
  objects: (AccessObject | undefined)[],
  idOf: (object: AccessObject) => string | undefined,
): string[] => [...new Set(objects.flatMap((object) => (object && idOf(object)) ?? []))];
