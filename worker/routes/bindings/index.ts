import type { Route } from "../../routing/define.ts";
import { createBinding } from "./create.ts";
import { createPlatformBinding } from "./create-platform.ts";
import { deleteBinding } from "./delete.ts";
import { deletePlatformBinding } from "./delete-platform.ts";
import { getBinding } from "./get.ts";
import { getPlatformBinding } from "./get-platform.ts";
import { listBindings } from "./list.ts";
import { listPlatformBindings } from "./list-platform.ts";

export const bindingRoutes: readonly Route[] = [
  listBindings,
  createBinding,
  getBinding,
  deleteBinding,
  listPlatformBindings,
  createPlatformBinding,
  getPlatformBinding,
  deletePlatformBinding,
];
