import type { Route } from "../../routing/define.ts";
import { deployRelease } from "./deploy.ts";
import { getRelease } from "./get.ts";
import { getReleaseGraph } from "./graph.ts";
import { listReleases } from "./list.ts";
import { rollbackRelease } from "./rollback.ts";

export const releaseRoutes: readonly Route[] = [
  listReleases,
  getRelease,
  getReleaseGraph,
  deployRelease,
  rollbackRelease,
];
