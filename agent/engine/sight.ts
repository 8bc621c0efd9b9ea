import { isKind, type LiveObject, type ObjectRef } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { ownerOf } from "./ownership.ts";

/** How long an answer about the applier's rights holds. */
const ANSWER_MS = 30_000;
/** After an answer that says nothing of them. */
const AGAIN_MS = 1_000;

/** What a graph may know of a node's object, whatever the agent itself sees. */
export interface Sight {
  seen: Seen | undefined;
  /** Who applies may not read it: why, in the API server's words. To this graph it is as if nothing were there. */
  hidden?: string;
}

/** Outside of the graph's own namespace, and not written by the agent as itself. */
export const isElsewhere = ({ as, identity }: Pick<Run, "as" | "identity">, { namespace }: ObjectRef) =>
  as !== undefined && !(namespace && identity.key.startsWith(`${namespace}/`));

/** Made by this graph, or by an earlier life of it. */
export function isOwn(host: Host, run: Run, one: NodeRun, seen: Seen): boolean {
  const owner = ownerOf(seen, run.identity, host.inventory.get(one.node.key)?.uid);
  return owner === "ours" || owner === "previous";
}

/**
 * The agent sees the whole cluster, a team does not: somebody else's object elsewhere is judged, and spoken of, only
 * where the identity that applies may read it too. Undefined: that is being asked, and `asker` is poked.
 */
export function sightOf(host: Host, run: Run, one: NodeRun, asker: NodeRun = one): Sight | undefined {
  const { cache, clock } = host.ctx;
  const seen = cache.get(one.node.key) ?? run.adoption?.seen(one.node.key);
  if (!seen || !isElsewhere(run, one.node.ref) || isOwn(host, run, one, seen)) return { seen };
  const { access } = one;
  if (access && access.until > clock.monotonic())
    return access.hidden === undefined ? { seen } : { seen: undefined, hidden: access.hidden };
  ask(host, run, one, asker);
  return undefined;
}

function ask(host: Host, run: Run, one: NodeRun, asker: NodeRun): void {
  const { cache, signal } = host.ctx;
  host.perform(one.node.key, asker.node.id, async () => {
    try {
      cache.put(await readAsApplier(host, run, one));
    } catch (error) {
      const seen = cache.get(one.node.key);
      if (!signal.aborted && isKind(error, "notFound") && seen) cache.forget(one.node.key, seen.uid);
    }
  });
}

/** With the rights of the identity that applies, whatever the agent's are; keeps what it learns of them. */
export async function readAsApplier(host: Host, run: Run, one: NodeRun): Promise<LiveObject> {
  const { kube, clock, signal } = host.ctx;
  const from = clock.monotonic();
  try {
    const live = await kube.get(one.node.ref, { signal, ...(run.as ? { as: run.as } : {}) });
    one.access = { until: from + ANSWER_MS };
    return live;
  } catch (error) {
    const forMs = isKind(error, "forbidden") ? ANSWER_MS : AGAIN_MS;
    one.access = { until: clock.monotonic() + forMs, hidden: errorText(error) };
    throw error;
  }
}
