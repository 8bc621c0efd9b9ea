import type { Liveness } from "../../../durable-objects/rpc.ts";
import type { Env } from "../../env.ts";
import { askObject } from "../../limits/circuit.ts";

/**
 * A cluster's object answers within milliseconds; where it does not, its cluster is as good as silent. One that stays away
 * is not waited for by each list: see askObject.
 */
const LIVENESS_TIMEOUT_MS = 2_000;

const SILENT: Liveness = { connected: false, lastSeenAt: null, session: 0 };

/** Asks each cluster's object once, all at the same time. */
export async function livenessOf(
  env: Env,
  clusterIds: readonly (string | null)[],
): Promise<Map<string, Liveness>> {
  const distinct = [...new Set(clusterIds.filter((id) => id !== null))];
  const answers = await Promise.all(distinct.map((id) => askOne(env, id)));
  return new Map(distinct.map((id, i) => [id, answers[i] ?? SILENT]));
}

async function askOne(env: Env, clusterId: string): Promise<Liveness> {
  try {
    return await askObject(env, clusterId, (object) => object.liveness(), LIVENESS_TIMEOUT_MS);
  } catch {
    return SILENT;
  }
}
