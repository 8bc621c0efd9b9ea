import type { Binding } from "./binding.ts";
import type { Permission } from "./permissions.ts";
import { bindingsOf, limitsOf, type Principal } from "./principal.ts";
import { isPlatformOnly } from "./roles.ts";
import { type AccessObject, contains, isAbove } from "./scope.ts";

/** Why somebody may do something, or may not. */
export type Decision =
  | { allowed: true; rule: "platform-key" }
  /** `within`: the object is in the binding's scope. `on-the-way`: the object has the binding's scope in it. */
  | { allowed: true; rule: "within" | "on-the-way"; binding: Binding }
  | { allowed: false; rule: "not-signed-in" | "no-binding" }
  /** The key that was used is held to less than its owner. */
  | { allowed: false; rule: "key-permissions" | "key-tenant" }
  /** The nearest miss: something is given there, but not this. */
  | { allowed: false; rule: "role-lacks-it"; binding: Binding };

/**
 * What whoever has something further down may see of what it is in: else nobody could walk down to it. Lists among
 * these show only what their reader may see.
 */
const ON_THE_WAY = {
  platform: new Set<Permission>(["tenant:list", "cluster:list"]),
  tenant: new Set<Permission>(["tenant:get", "project:list"]),
  project: new Set<Permission>([
    "project:get",
    "environment:list",
    "app:list",
    "app:get",
    "revision:list",
    "revision:get",
    "release:list",
  ]),
};

const onTheWayTo = ({ tenantId, projectId }: AccessObject): ReadonlySet<Permission> => {
  if (projectId !== undefined) return ON_THE_WAY.project;
  return tenantId === undefined ? ON_THE_WAY.platform : ON_THE_WAY.tenant;
};

/** Default deny: only what a binding allows, narrowed by the key that was used. */
export function decide(principal: Principal, action: Permission, object: AccessObject): Decision {
  if (principal.kind === "anonymous") return { allowed: false, rule: "not-signed-in" };
  if (principal.kind === "platform-admin") return { allowed: true, rule: "platform-key" };
  const limits = limitsOf(principal);
  if (limits.permissions && !limits.permissions.has(action)) {
    return { allowed: false, rule: "key-permissions" };
  }
  if (limits.tenantId !== undefined && !isInOrAbove(limits.tenantId, action, object)) {
    return { allowed: false, rule: "key-tenant" };
  }
  let miss: Binding | undefined;
  for (const binding of bindingsOf(principal)) {
    const rule = ruleOf(binding, action, object);
    if (rule === "miss") miss ??= binding;
    else if (rule !== undefined) return { allowed: true, rule, binding };
  }
  return miss
    ? { allowed: false, rule: "role-lacks-it", binding: miss }
    : { allowed: false, rule: "no-binding" };
}

/** Whether a principal may do something to an object. */
export const can = (principal: Principal, action: Permission, object: AccessObject): boolean =>
  decide(principal, action, object).allowed;

function ruleOf({ scope, permissions }: Binding, action: Permission, object: AccessObject) {
  if (contains(scope, object)) {
    const isGiven = permissions.has(action) && (scope.level === "platform" || !isPlatformOnly(action));
    return isGiven ? "within" : "miss";
  }
  if (!onTheWayTo(object).has(action) || !isAbove(object, scope)) return undefined;
  return permissions.has(action) ? "on-the-way" : "miss";
}

/** A key of one tenant sees that tenant, and itself in the platform's lists. */
const isInOrAbove = (tenantId: string, action: Permission, object: AccessObject): boolean =>
  object.tenantId === tenantId ||
  (object.tenantId === undefined && object.clusterId === undefined && ON_THE_WAY.platform.has(action));
