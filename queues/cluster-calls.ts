import type { ClusterRpc } from "../durable-objects/rpc.ts";
import { inTime, NoAnswer } from "../worker/bounded.ts";

export type ClusterTarget = Pick<ClusterRpc, "deliver" | "identify">;

/**
 * Calls to clusters' objects within one delivery. One that did not answer is not asked again in it: whatever it is to
 * hold, it costs the others one time limit.
 */
export class ClusterCalls {
  readonly #silent = new Set<string>();
  readonly #stub: (clusterId: string) => ClusterTarget;

  constructor(stub: (clusterId: string) => ClusterTarget) {
    this.#stub = stub;
  }

  /** @throws NoAnswer, and what the object throws */
  async ask<T>(clusterId: string, call: (cluster: ClusterTarget) => Promise<T>): Promise<T> {
    if (this.#silent.has(clusterId)) throw new NoAnswer("the cluster's object did not answer before");
    try {
      return await inTime(call(this.#stub(clusterId)));
    } catch (error) {
      if (error instanceof NoAnswer) this.#silent.add(clusterId);
      throw error;
    }
  }
}
