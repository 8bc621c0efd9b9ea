import { isPermission, type Permission, THE_WAY } from "./permissions.ts";
import { isRoleName, ROLES } from "./roles.ts";
import type { Scope } from "./scope.ts";

/** A role, given at a scope to somebody. */
export interface Binding {
  id: string;
  /** Name of a role, or id of a custom one. */
  role: string;
  permissions: ReadonlySet<Permission>;
  scope: Scope;
  /** Whom it was given to: `user/usr_…`, `service-account/sva_…`, `team/tem_…`, `group/<provider>/<name>`. */
  subject: string;
  /** Milliseconds since 1970; null where it was never used. */
  lastUsedAt: number | null;
  /** Milliseconds since 1970; absent or null: until it is taken away. */
  expiresAt?: number | null;
}

/**
 * What a role allows: a name from {@link ROLES}, else what a custom one was made of. What is no longer known allows nothing.
 *
 * @param level where it is given: at the platform a custom role has nothing but what it names, since the way to it would be
 *   every tenant
 */
export function permissionsOf(
  role: string,
  custom: readonly string[],
  level?: Scope["level"],
): ReadonlySet<Permission> {
  if (isRoleName(role)) return ROLES[role].permissions;
  return level === "platform" ? new Set(custom.filter(isPermission)) : permissionSet(custom);
}

/** Permissions of a custom role or a key, with {@link THE_WAY} to them. */
export const permissionSet = (permissions: readonly string[]): ReadonlySet<Permission> =>
  new Set([...THE_WAY, ...permissions.filter(isPermission)]);
