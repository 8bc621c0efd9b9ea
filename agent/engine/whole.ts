import { isKind, type LiveObject } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { Host } from "./host.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { readLive } from "./read.ts";
import { isOwn, sightOf } from "./sight.ts";

/** After a read that failed. */
const AGAIN_MS = 10_000;

export type Whole = { object?: LiveObject } | { problem: string };

/**
 * The object of a node, for an expression of `asker`. What is not this graph's own is shown only where the identity that
 * applies may read it: else a graph could ask questions of objects that its team may not see.
 */
export function wholeOf(host: Host, run: Run, one: NodeRun, asker: NodeRun): Whole {
  const sight = sightOf(host, run, one, asker);
  if (!sight) return { problem: "is being read" };
  const { seen } = sight;
  if (!seen) return {};
  const isOurs = one.node.mode !== "Observe" && isOwn(host, run, one, seen);
  const mayRead = isOurs || one.whole?.uid === seen.uid;
  if (seen.object && mayRead) return { object: seen.object };
  const failure = one.whole?.problem;
  const waits = (one.whole?.at ?? 0) + AGAIN_MS - host.ctx.clock.monotonic();
  if (failure && waits > 0) {
    host.pokeAfter(asker.node.id, waits);
    return { problem: `cannot be read: ${failure}` };
  }
  read(host, run, one, asker, isOurs);
  return { problem: "is being read" };
}

function read(host: Host, run: Run, one: NodeRun, asker: NodeRun, isOurs: boolean): void {
  const { kube, cache, clock, signal } = host.ctx;
  host.perform(one.node.key, asker.node.id, async () => {
    const at = clock.monotonic();
    try {
      const live = isOurs
        ? await readLive(host.ctx, one.node.ref, run.as)
        : await kube.get(one.node.ref, { signal, ...(run.as ? { as: run.as } : {}) });
      cache.put(live);
      one.whole = { at, uid: live.metadata.uid };
    } catch (error) {
      const seen = cache.get(one.node.key);
      if (isKind(error, "notFound") && seen) cache.forget(one.node.key, seen.uid);
      else one.whole = { at, problem: errorText(error) };
    }
  });
}
