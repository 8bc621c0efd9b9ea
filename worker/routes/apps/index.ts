import type { Route } from "../../routing/define.ts";
import { createApp } from "./create.ts";
import { deleteApp } from "./delete.ts";
import { getApp } from "./get.ts";
import { listApps } from "./list.ts";
import { patchApp } from "./patch.ts";
import { putApp } from "./put.ts";
import { renderApp } from "./render.ts";
import { restoreApp } from "./restore.ts";

export const appRoutes: readonly Route[] = [
  listApps,
  createApp,
  getApp,
  putApp,
  patchApp,
  deleteApp,
  renderApp,
  restoreApp,
];
