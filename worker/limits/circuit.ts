import { KubeNovaError } from "../../domain/errors/index.ts";
import { admit, type Breaker, CLOSED, failed } from "../../domain/limits/breaker.ts";
import { inTime, OBJECT_TIMEOUT_MS } from "../bounded.ts";
import type { Env } from "../env.ts";
import { type ClusterStub, clusterStub } from "../store/database.ts";

/** Circuits that are not closed; the one that changed least recently gives way. */
const MAX_CIRCUITS = 10_000;

/**
 * Of this isolate. A breaker that stood in the cluster's object could not help against an object that does not answer,
 * and would make each call ask it first.
 */
const circuits = new Map<string, Breaker>();

/**
 * Makes a call toward a part of a cluster, or fails at once where calls to that part failed again and again.
 *
 * @param part what is sick or well as one: `clusterId/object`, `clusterId/api`, `clusterId/service/…`
 * @param isSick whether a failure shows that the other side is sick, and is not an answer of its own
 * @throws KubeNovaError KN-1505 with the seconds to wait
 */
export async function throughCircuit<T>(
  part: string,
  work: () => Promise<T>,
  isSick: (error: unknown) => boolean = () => true,
): Promise<T> {
  const before = circuits.get(part) ?? CLOSED;
  const { breaker, waitMs } = admit(before, Date.now());
  keep(part, breaker);
  if (waitMs > 0) {
    throw new KubeNovaError("KN-1505", undefined, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  }
  try {
    const result = await work();
    circuits.delete(part);
    return result;
  } catch (error) {
    if (!isSick(error)) circuits.delete(part);
    else keep(part, failed(circuits.get(part) ?? CLOSED, Date.now(), before.state === "closed"));
    throw error;
  }
}

/** Asks a cluster's object, within a bounded time. @throws KubeNovaError KN-1505, KN-1501 */
export const askObject = <T>(
  env: Pick<Env, "CLUSTER">,
  clusterId: string,
  ask: (object: ClusterStub) => Promise<T>,
  limitMs = OBJECT_TIMEOUT_MS,
): Promise<T> =>
  throughCircuit(`${clusterId}/object`, () =>
    inTime(ask(clusterStub(env, clusterId)), limitMs, () => new KubeNovaError("KN-1501")),
  );

function keep(part: string, breaker: Breaker): void {
  circuits.delete(part);
  if (breaker.state === "closed" && breaker.failures === 0) return;
  circuits.set(part, breaker);
  const [oldest] = circuits.keys();
  if (circuits.size > MAX_CIRCUITS && oldest !== undefined) circuits.delete(oldest);
}
