import type { Route } from "../../routing/define.ts";
import { createCluster } from "./create.ts";
import { declareEpoch } from "./declare-epoch.ts";
import { deleteCluster } from "./delete.ts";
import { getCluster } from "./get.ts";
import { listClusters } from "./list.ts";
import { deleteOrphan, listOrphans } from "./orphans.ts";
import { patchCluster } from "./patch.ts";
import { restoreCluster } from "./restore.ts";

export const clusterRoutes: readonly Route[] = [
  listClusters,
  createCluster,
  getCluster,
  patchCluster,
  deleteCluster,
  restoreCluster,
  declareEpoch,
  listOrphans,
  deleteOrphan,
];
