import { isKind, KubeError, type KubeObject, type LiveObject } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { conflictText } from "./fields.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { readLive } from "./read.ts";
import { verdictOf } from "./retry.ts";

/**
 * A resourceVersion that no object ever has (etcd's first revision is empty). The server takes an apply that carries it
 * where nothing of that name exists, and answers 409 where anything does: so no read is needed to be sure that
 * somebody else's object is never touched.
 */
const CREATE_ONLY = "1";

/** Applies one node. `seen`: for that object alone; undefined: only if there is none. False where it has to wait. */
export function sendNode(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  isDrift: boolean,
): boolean {
  return host.perform(one.node.key, one.node.id, async () => {
    one.state = one.wasReady || one.state === "Failed" ? one.state : "Applying";
    run.acted = true;
    try {
      const live = await apply(host, run, one, seen, isDrift);
      succeeded(host, run, one, live, isDrift);
    } catch (error) {
      if (host.ctx.signal.aborted) return;
      await failed(host, run, one, seen, error);
    }
  });
}

/**
 * Asks the API server what it thinks of an object whose kind nobody here may watch. It stores nothing: what is not seen
 * is not applied, since it could not be kept, nor removed. Its refusal is the best of messages.
 */
export function askOnly(host: Host, run: Run, one: NodeRun, problem: string): boolean {
  const { kube, signal } = host.ctx;
  return host.perform(one.node.key, one.node.id, async () => {
    try {
      const options = { dryRun: true, auditId: run.auditId, signal, ...(run.as ? { as: run.as } : {}) };
      await kube.apply(one.desired, options);
      one.attempts += 1;
      one.message = `nobody here may watch ${one.node.ref.kind}, so it is not applied: ${problem}`;
    } catch (error) {
      if (!signal.aborted) await failed(host, run, one, undefined, error);
    }
    one.state = "Failed";
  });
}

function apply(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  isDrift: boolean,
): Promise<LiveObject> {
  const guard = seen ? { uid: seen.uid } : { resourceVersion: CREATE_ONLY };
  const object: KubeObject = { ...one.desired, metadata: { ...one.desired.metadata, ...guard } };
  return host.ctx.kube.apply(object, {
    force: one.node.force || isDrift,
    auditId: run.auditId,
    signal: host.ctx.signal,
    ...(run.as ? { as: run.as } : {}),
  });
}

function succeeded(host: Host, run: Run, one: NodeRun, live: LiveObject, isDrift: boolean): void {
  const { ctx, inventory } = host;
  const seen = ctx.cache.put(live);
  const { key, ref, orphan } = one.node;
  // The cache may know something newer already: the record is of what this apply answered.
  inventory.set(key, { key, ref, orphan, uid: seen.uid, applied: one.hash, live: seen.liveHash });
  one.attempts = 0;
  one.notBefore = 0;
  one.message = undefined;
  ctx.count.applied("changed");
  if (!isDrift) return;
  ctx.count.drift();
  ctx.record({
    regarding: live,
    type: "Warning",
    reason: "DriftCorrected",
    action: "Apply",
    note: `Fields of ${ref.kind} ${ref.name} were changed by somebody else and set back`,
  });
  ctx.log.warn("drift corrected", { graph: run.identity.key, object: key });
}

async function failed(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  error: unknown,
): Promise<void> {
  const { ctx } = host;
  // Nothing was known of it, yet somebody holds its fields; or it is another object than we knew.
  const isUnknown = isKind(error, "conflict") && (!seen || error.fieldConflicts.length === 0);
  if (isUnknown && (await lookAgain(host, run, one, seen))) return;
  one.attempts += 1;
  const { failed: isFailed, retryInMs } = verdictOf(error, one.attempts, ctx.random);
  one.message = messageOf(error);
  if (isFailed) {
    one.state = "Failed";
    one.applied = false;
  }
  ctx.count.applied("failed");
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
    const live = await readLive(host.ctx, one.node.ref, run.as);
    // Whoever's it is: when it changes or goes, this node is looked at again.
    const now = cache.put(live);
    return now.uid !== seen?.uid;
  } catch (error) {
    if (!isKind(error, "notFound") || !seen) return false;
    cache.forget(one.node.key, seen.uid);
    return true;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof KubeError && error.fieldConflicts.length > 0)
    return `other managers hold fields of it: ${conflictText(error.fieldConflicts)}`;
  return errorText(error);
}
