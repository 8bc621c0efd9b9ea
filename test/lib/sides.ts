import { type AuditWebhook, type Cluster, down, type NodeType, up } from "../cluster/index.ts";
import { type Manager, type ManagerOptions, startManager } from "../manager/start.ts";
import { ApiClient } from "./api.ts";
import type { End } from "./platform.ts";

/** What an agent stands between. */
export interface Sides {
  cluster: Cluster;
  manager: Manager;
  api: ApiClient;
}

export interface SidesOptions {
  node?: NodeType;
  /** Writes the API server's audit log; see `cluster.auditLog`. */
  audit?: boolean;
  /** Where the API server sends its audit events. */
  auditWebhook?: AuditWebhook;
  manager?: ManagerOptions;
}

/**
 * Starts a cluster and a manager, both at once, as neither waits for the other.
 *
 * @param ends gets what ends them, also where the start fails
 */
export async function startSides(
  name: string,
  ends: End[],
  { node = "none", audit = false, auditWebhook, manager: options }: SidesOptions = {},
): Promise<Sides> {
  // What an earlier run left, if it was killed.
  await down(name);
  ends.push(() => down(name));
  const starting = [
    up({ name, node, audit, ...(auditWebhook ? { auditWebhook } : {}) }),
    startManager(options),
  ] as const;
  ends.push(() =>
    starting[1].then(
      (manager) => manager.stop(),
      () => {},
    ),
  );
  // Nothing may be ended while the other still starts.
  await Promise.allSettled(starting);
  const [cluster, manager] = await Promise.all(starting);
  const api = new ApiClient(manager);
  ends.push(async () => api.close());
  return { cluster, manager, api };
}
