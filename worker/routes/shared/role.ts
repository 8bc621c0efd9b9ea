import {
  isRoleName,
  type Level,
  levelsOf,
  type Permission,
  permissionsOf,
} from "../../../domain/access/index.ts";
import type { ReadRole } from "../../store/giving.ts";
import { type CustomRole, findRoleFor, roleOf } from "../../store/roles.ts";
import type { Row } from "../../store/rows.ts";
import { notThere } from "./giving.ts";

/** A role as it is given. */
export interface GivenRole {
  /** As bindings hold it: the name of a fixed role, the id of a custom one. */
  role: string;
  name: string;
  permissions: ReadonlySet<Permission>;
  levels: readonly Level[];
  /** Of a custom one: what must still hold when it is given. */
  read?: ReadRole;
}

/** Statement whose row {@link givenRole} reads. @param tenant null for the platform */
export const findGivenRole = (db: D1Database, tenant: string | null, name: string): D1PreparedStatement =>
  findRoleFor(db, tenant, name);

/** @throws KubeNovaError KN-1002 where there is no such role */
export function givenRole(name: string, row: Row | undefined, path = "role"): GivenRole {
  if (isRoleName(name))
    return { role: name, name, permissions: permissionsOf(name, []), levels: levelsOf(name) };
  const custom = roleOf(row);
  if (!custom) throw notThere(path, `there is no role '${name}'`);
  return customRole(custom);
}

export const customRole = (custom: CustomRole): GivenRole => ({
  role: custom.id,
  name: custom.name,
  permissions: permissionsOf(custom.id, custom.permissions),
  levels: levelsOf(custom.id, custom.tenantId),
  read: { id: custom.id, version: custom.version },
});

/** @throws KubeNovaError KN-1002 where a role is not one of that level */
export function levelFits({ name, levels }: GivenRole, level: Level, path = "role"): void {
  if (levels.includes(level)) return;
  throw notThere(path, `the role '${name}' can be given at ${levels.join(", ")}, not at ${level}`);
}
