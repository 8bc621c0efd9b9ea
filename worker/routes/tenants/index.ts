import type { Route } from "../../routing/define.ts";
import { createTenant } from "./create.ts";
import { deleteTenant } from "./delete.ts";
import { getTenant } from "./get.ts";
import { listTenants } from "./list.ts";
import { patchTenant } from "./patch.ts";
import { putTenant } from "./put.ts";
import { restoreTenant } from "./restore.ts";

export const tenantRoutes: readonly Route[] = [
  listTenants,
  createTenant,
  getTenant,
  putTenant,
  patchTenant,
  deleteTenant,
  restoreTenant,
];
