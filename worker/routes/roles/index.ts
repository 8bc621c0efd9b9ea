import type { Route } from "../../routing/define.ts";
import { createRole } from "./create.ts";
import { createPlatformRole } from "./create-platform.ts";
import { deleteRole } from "./delete.ts";
import { deletePlatformRole } from "./delete-platform.ts";
import { getRole } from "./get.ts";
import { getPlatformRole } from "./get-platform.ts";
import { listRoles } from "./list.ts";
import { listPlatformRoles } from "./list-platform.ts";
import { patchRole } from "./patch.ts";
import { patchPlatformRole } from "./patch-platform.ts";

export const roleRoutes: readonly Route[] = [
  listRoles,
  createRole,
  getRole,
  patchRole,
  deleteRole,
  listPlatformRoles,
  createPlatformRole,
  getPlatformRole,
  patchPlatformRole,
  deletePlatformRole,
];
