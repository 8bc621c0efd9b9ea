import { isKind } from "../kube/index.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { requestOf } from "./overtaken.ts";
import { ownerOf } from "./ownership.ts";
import { podSpecOf } from "./pod-references.ts";
import { isReplaceable } from "./refusals.ts";

/** Whether what cannot be changed may be deleted and made anew. */
export function mayRecreate(host: Host, run: Run, one: NodeRun, seen: Seen): boolean {
  const { recreate, protect, ref, key } = one.node;
  const isOurs = ownerOf(seen, run.identity, host.inventory.get(key)?.uid) === "ours";
  return recreate && !protect && isOurs && isReplaceable(ref);
}

/** Deletes this very object: the next look makes it anew. */
export async function removeToRemake(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen,
  why: string,
): Promise<void> {
  const { ctx } = host;
  const { key, ref } = one.node;
  // Old and new pods must not run beside each other; what has no pods need not wait for the garbage collector.
  const propagationPolicy = podSpecOf(one.node.object) ? ("Foreground" as const) : ("Background" as const);
  const options = { preconditions: { uid: seen.uid }, propagationPolicy };
  const result = await ctx.kube
    .delete(ref, { ...requestOf(host, run), ...options })
    .catch((error: unknown) => {
      if (!isKind(error, "notFound")) throw error;
      return { gone: true } as const;
    });
  ctx.log.info("deleted to be made anew", { graph: run.identity.key, object: key, why });
  one.failure = undefined;
  one.attempts = 0;
  one.notBefore = 0;
  one.applied = false;
  if (result.gone) ctx.cache.forget(key, seen.uid);
  else if (result.object) ctx.cache.put(result.object);
}
