import { type Permission, THE_WAY } from "./permissions.ts";
import { bindingsOf, limitsOf, type Principal } from "./principal.ts";
import { isPlatformOnly, isRoleName, ROLES } from "./roles.ts";
import { type AccessObject, contains, type Level, type Scope } from "./scope.ts";

/**
 * Nobody gives what he does not hold: whoever makes a binding, a role, a key or a member of a team must himself have, at
 * that scope and for at least that long, each permission that it gives. So no sequence of such changes brings a right
 * into the world; docs/access.md tells it to people.
 */

/** Levels at which a custom role can be given: all of a tenant's, and the platform where it is the platform's. */
const TENANT_LEVELS: readonly Level[] = ["cluster", "tenant", "project", "environment"];

/** Levels at which a role can be given. @param role a name, or the id of a custom one @param tenantId of a custom one: its tenant */
export function levelsOf(role: string, tenantId: string | null = null): readonly Level[] {
  if (isRoleName(role)) return ROLES[role].levels;
  return tenantId === null ? ["platform", ...TENANT_LEVELS] : TENANT_LEVELS;
}

/** What is acted on where something is done to a scope itself. @param owner tenant that owns the cluster of a cluster's scope */
export function objectOf(scope: Scope, owner?: string | null): AccessObject {
  const { level: _, ...ids } = scope;
  return scope.level === "cluster" && owner ? { ...ids, tenantId: owner } : ids;
}

/** What a role gives at a scope: what concerns the platform alone gives nothing further down. */
const conferred = (permissions: Iterable<Permission>, { level }: Scope): Permission[] =>
  [...permissions].filter((permission) => level === "platform" || !isPlatformOnly(permission));

export interface Gift {
  permissions: Iterable<Permission>;
  scope: Scope;
  /** Tenant that owns the cluster of a cluster's scope. */
  owner?: string | null;
  /** Milliseconds since 1970; null for good. */
  expiresAt: number | null;
}

/** Permissions of a gift that a principal does not hold there, or not for so long: empty where he may give it. */
export function lacking(principal: Principal, gift: Gift): Permission[] {
  const wanted = conferred(gift.permissions, gift.scope);
  if (principal.kind === "platform-admin") return [];
  if (principal.kind === "anonymous") return wanted;
  const object = objectOf(gift.scope, gift.owner);
  const { permissions: allowed, tenantId } = limitsOf(principal);
  if (tenantId !== undefined && object.tenantId !== tenantId) return wanted;
  const lasting = bindingsOf(principal).filter(
    ({ scope, expiresAt }) => contains(scope, object) && lastsAsLong(expiresAt ?? null, gift.expiresAt),
  );
  return wanted.filter(
    (permission) =>
      (allowed !== undefined && !allowed.has(permission)) ||
      !lasting.some(({ permissions }) => permissions.has(permission)),
  );
}

const lastsAsLong = (held: number | null, given: number | null): boolean =>
  held === null || (given !== null && held >= given);

/** Of a custom role's permissions those that its maker writes: the way down is in each by itself. */
export const writtenPermissions = (permissions: readonly string[]): string[] =>
  permissions.filter((permission) => !(THE_WAY as readonly string[]).includes(permission)).sort();

/** What of a binding counts when owners are counted. */
export interface Ownership {
  role: string;
  level: Level;
  subject: string;
  expiresAt: number | null;
}

/**
 * Whether a binding makes a person the owner of a tenant for good. A team may be emptied, a group is its provider's to
 * say, and a machine cannot be asked: they own it too, but do not count as the last who does.
 */
export const isOwnership = ({ role, level, subject, expiresAt }: Ownership): boolean =>
  role === "tenant-owner" && level === "tenant" && expiresAt === null && subject.startsWith("user/");
