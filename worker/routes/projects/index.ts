import type { Route } from "../../routing/define.ts";
import { createProject } from "./create.ts";
import { deleteProject } from "./delete.ts";
import { getProject } from "./get.ts";
import { listProjects } from "./list.ts";
import { patchProject } from "./patch.ts";
import { putProject } from "./put.ts";
import { restoreProject } from "./restore.ts";

export const projectRoutes: readonly Route[] = [
  listProjects,
  createProject,
  getProject,
  putProject,
  patchProject,
  deleteProject,
  restoreProject,
];
