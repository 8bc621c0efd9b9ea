import type { Route } from "../../routing/define.ts";
import { createServiceAccount } from "./create.ts";
import { deleteServiceAccount } from "./delete.ts";
import { getServiceAccount } from "./get.ts";
import { listServiceAccounts } from "./list.ts";
import { patchServiceAccount } from "./patch.ts";

export const serviceAccountRoutes: readonly Route[] = [
  ...listServiceAccounts,
  ...createServiceAccount,
  ...getServiceAccount,
  ...patchServiceAccount,
  ...deleteServiceAccount,
];
