import { isKind } from "../kube/index.ts";
import { desiredWithout } from "./desired.ts";
import type { Host } from "./host.ts";
import { REPLICAS, scaleTarget } from "./ignored.ts";
import { at, type Seen } from "./model.ts";
import type { NodeRun } from "./node-run.ts";

/** How long an answer holds: whoever removes an autoscaler wants the graph's own number back. */
const ANSWER_MS = 60_000;

/**
 * Leaves the replicas of a workload to the autoscaler that has set them, whoever made that one. What is asked is one list
 * of a namespace, and only for a workload that an autoscaler has scaled. True: the answer is awaited.
 */
export function yieldToAutoscaler(host: Host, one: NodeRun, seen: Seen): boolean {
  if (!seen.scaled || at(one.desired, ...REPLICAS) === undefined) return false;
  const now = host.ctx.clock.monotonic();
  if (!one.autoscaled || one.autoscaled.at + ANSWER_MS < now) {
    ask(host, one);
    return true;
  }
  if (!one.autoscaled.is) return false;
  one.yielded = one.hash;
  Object.assign(one, desiredWithout(one, REPLICAS));
  return false;
}

function ask(host: Host, one: NodeRun): void {
  const { kube, clock, signal } = host.ctx;
  const { namespace } = one.node.ref;
  host.perform(one.node.key, one.node.id, async () => {
    const at = clock.monotonic();
    const type = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" };
    try {
      const { items } = await kube.listAll(type, { signal, ...(namespace ? { namespace } : {}) });
      one.autoscaled = { at, is: items.some((item) => scaleTarget({ ...type, ...item }) === one.node.key) };
    } catch (error) {
      // Who may not look believes what the object says.
      if (isKind(error, "forbidden", "noSuchKind")) one.autoscaled = { at, is: true };
      else host.pokeAfter(one.node.id, 1_000);
    }
  });
}
