import { isKind, KubeError } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { readLive } from "./read.ts";
import { mayRecreate, removeToRemake } from "./recreate.ts";
import { conflictsOf, immutableFields, immutableText, refusalText } from "./refusals.ts";
import { verdictOf } from "./retry.ts";
import { isElsewhere, readAsApplier } from "./sight.ts";

/** Takes in what an apply, or a deletion to make something anew, was refused with. */
export async function failed(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  error: unknown,
): Promise<void> {
  // Nothing was known of it, yet somebody holds its fields; or it is another object than we knew.
  const isUnknown = isKind(error, "conflict") && (!seen || error.fieldConflicts.length === 0);
  if (isUnknown && (await lookAgain(host, run, one, seen))) return;
  const immutable = seen ? immutableFields(error) : [];
  if (seen && immutable.length > 0 && mayRecreate(host, run, one, seen)) {
    const why = `${immutable.join(", ")} cannot be changed`;
    return removeToRemake(host, run, one, seen, why).catch((other: unknown) => note(host, run, one, other));
  }
  note(host, run, one, error, immutable.length > 0 ? immutableText(immutable, one.node) : refusalText(error));
}

/** Says why, and when it is tried again. */
function note(host: Host, run: Run, one: NodeRun, error: unknown, message = refusalText(error)): void {
  const { ctx } = host;
  if (ctx.signal.aborted) return;
  one.attempts += 1;
  const { failed: isFailed, retryInMs } = verdictOf(error, one.attempts, ctx.random);
  const conflicts = conflictsOf(error);
  one.message = message;
  one.conflicts = conflicts.length > 0 ? conflicts : undefined;
  one.failure = {
    at: ctx.clock.monotonic(),
    resourceVersion: ctx.cache.get(one.node.key)?.resourceVersion,
  };
  if (isFailed) {
    one.state = "Failed";
    one.applied = false;
  }
  ctx.count.applied(error instanceof KubeError && error.fieldConflicts.length > 0 ? "conflict" : "failed");
  ctx.log.info("apply failed", { graph: run.identity.key, object: one.node.key, error: errorText(error) });
  if (retryInMs === undefined) one.notBefore = Number.POSITIVE_INFINITY;
  else {
    one.notBefore = ctx.clock.monotonic() + retryInMs;
    host.pokeAfter(one.node.id, retryInMs);
  }
}

/** What we knew was not what is: asks, and leaves the rest to the next look. False where it learned nothing new. */
async function lookAgain(host: Host, run: Run, one: NodeRun, seen: Seen | undefined): Promise<boolean> {
  const { cache } = host.ctx;
  try {
    const isForeign = isElsewhere(run, one.node.ref);
    const live = await (isForeign ? readAsApplier(host, run, one) : readLive(host.ctx, one.node.ref, run.as));
    // Whoever's it is: when it changes or goes, this node is looked at again.
    const now = cache.put(live);
    return now.uid !== seen?.uid;
  } catch (error) {
    if (!isKind(error, "notFound") || !seen) return false;
    cache.forget(one.node.key, seen.uid);
    return true;
  }
}
