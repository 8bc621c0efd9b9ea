import type { Route } from "../../routing/define.ts";
import { createEnvironment } from "./create.ts";
import { deleteEnvironment } from "./delete.ts";
import { getEnvironment } from "./get.ts";
import { listEnvironments } from "./list.ts";
import { patchEnvironment } from "./patch.ts";
import { putEnvironment } from "./put.ts";
import { restoreEnvironment } from "./restore.ts";

export const environmentRoutes: readonly Route[] = [
  listEnvironments,
  createEnvironment,
  getEnvironment,
  putEnvironment,
  patchEnvironment,
  deleteEnvironment,
  restoreEnvironment,
];
