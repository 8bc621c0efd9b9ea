export { type Binding, permissionSet, permissionsOf } from "./binding.ts";
export { can, type Decision, decide } from "./decide.ts";
export {
  type Gift,
  isOwnership,
  lacking,
  levelsOf,
  objectOf,
  writtenPermissions,
} from "./giving.ts";
export { PERMISSIONS, type Permission, THE_WAY } from "./permissions.ts";
export {
  ANONYMOUS,
  type KeyLimits,
  limitsOf,
  PLATFORM_ADMIN,
  type Principal,
} from "./principal.ts";
export { isPlatformOnly, isRoleName, ROLES, type Role, type RoleName } from "./roles.ts";
export type { AccessObject, Level, Scope } from "./scope.ts";
export { type ListedKind, type Visible, visibleOf } from "./visible.ts";
