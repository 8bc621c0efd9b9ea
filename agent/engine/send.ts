import type { KubeObject, LiveObject } from "../kube/index.ts";
import { recordApplied } from "./applied.ts";
import type { DriftField } from "./drift.ts";
import { driftNow, tellDrift, tellRemade } from "./drift-look.ts";
import { failed } from "./failed.ts";
import { liveHash } from "./fields.ts";
import type { Host } from "./host.ts";
import { releasePatch } from "./ignored.ts";
import type { Seen } from "./model.ts";
import { mutatedText } from "./mutated.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { MAX_PASSES, readOvertaken, requestOf } from "./overtaken.ts";
import { readLive } from "./read.ts";
import { removeToRemake } from "./recreate.ts";
import { conflictsOf, isOfAutoscaler } from "./refusals.ts";
import { seenOf } from "./seen.ts";
import { takeOwnership } from "./take-ownership.ts";

/**
 * A resourceVersion that no object ever has (etcd's first revision is empty). The server takes an apply that carries it
 * where nothing of that name exists, and answers 409 where anything does: so no read is needed to be sure that
 * somebody else's object is never touched.
 */
const CREATE_ONLY = "1";

/** Applies one node. `isDrift`: sets back what others changed; `takes`: takes their fields over first. `seen`: for that object alone; undefined: only if there is none. False where it has to wait. */
export function sendNode(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  { isDrift = false, takes = false }: { isDrift?: boolean; takes?: boolean } = {},
): boolean {
  return host.perform(one.node.key, one.node.id, async () => {
    one.state = one.wasReady || one.state === "Failed" ? one.state : "Applying";
    run.acted = true;
    try {
      const fields = isDrift ? await driftNow(host, run, one) : undefined;
      if (seen) await releaseIgnored(host, run, one);
      const send = (now: Seen | undefined) =>
        apply(host, run, one, now, isDrift).catch((error: unknown) => {
          // An autoscaler that is no more holds nothing.
          const isLeft = one.autoscaled?.is === false && isOfAutoscaler(conflictsOf(error));
          if (!isLeft) throw error;
          return apply(host, run, one, now, true);
        });
      const { adoption } = run;
      const live =
        takes && adoption
          ? await takeOwnership(host, run, one, adoption, (now) => send(seenOf(now)))
          : await send(seen);
      succeeded(host, one, live, fields);
      if (takes) taken(host, one, isDrift);
    } catch (error) {
      if (host.ctx.signal.aborted) return;
      await failed(host, run, one, seen, error);
    }
  });
}

/** Deletes the node's object, and no other of its name; when it is gone, the next look makes it anew. */
export function replaceNode(host: Host, run: Run, one: NodeRun, seen: Seen, why: string): boolean {
  return host.perform(one.node.key, one.node.id, async () => {
    run.acted = true;
    try {
      await removeToRemake(host, run, one, seen, why);
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
      await kube.apply(one.desired, { ...requestOf(host, run), dryRun: true });
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
  // Whose it is has been judged by the version that was seen.
  const { uid, resourceVersion, labelled, graphUid } = seen ?? {};
  const isNobodys = uid !== undefined && !labelled && graphUid === undefined;
  const guard = {
    ...(uid ? { uid } : { resourceVersion: CREATE_ONLY }),
    ...(isNobodys ? { resourceVersion } : {}),
  };
  const object: KubeObject = { ...one.desired, metadata: { ...one.desired.metadata, ...guard } };
  const began = performance.now();
  const send = () =>
    host.ctx.kube
      .apply(object, { ...requestOf(host, run), force: one.node.force || isDrift })
      .finally(() => host.ctx.count.applyTook((performance.now() - began) / 1_000));
  return run.trace ? run.trace.applying(one, send) : send();
}

/** Fields that have just become others' are let go before an apply leaves them out: see `releasePatch`. */
async function releaseIgnored(host: Host, run: Run, one: NodeRun): Promise<void> {
  if (one.node.ignore.length === 0 || host.inventory.get(one.node.key)?.applied === one.hash) return;
  let live = await readLive(host.ctx, one.node.ref, run.as);
  for (let pass = 1; ; pass += 1) {
    const patch = releasePatch(live, one.node.ignore);
    if (!patch) return;
    try {
      await host.ctx.kube.patch(one.node.ref, patch, { ...requestOf(host, run), type: "json" });
      return;
    } catch (error) {
      if (pass === MAX_PASSES) throw error;
      live = await readOvertaken(host, run, one, { live, error });
    }
  }
}

/** `fields`: of a drift that this set back. */
function succeeded(
  host: Host,
  one: NodeRun,
  live: LiveObject,
  fields: readonly DriftField[] | undefined,
): void {
  const { ctx } = host;
  const { uid, resourceVersion } = live.metadata;
  const known = ctx.cache.put(live);
  // The cache may know something newer already: the record is of what this apply answered.
  const isKnown = known.uid === uid && known.resourceVersion === resourceVersion;
  recordApplied(host, one, { uid, live: isKnown ? known.liveHash : liveHash(live) });
  one.attempts = 0;
  one.notBefore = 0;
  one.message = undefined;
  one.failure = undefined;
  one.conflicts = undefined;
  one.appliedAt = ctx.clock.monotonic();
  one.mutated = mutatedText(one.desired, live);
  ctx.count.applied("changed");
  one.resend = false;
  tellRemade(host, one, live);
  const isYielded = fields?.length === 0 && one.yielded !== undefined;
  if (fields && !isYielded) tellDrift(host, one, fields, true);
}

function taken(host: Host, one: NodeRun, isAgain: boolean): void {
  const held = host.inventory.get(one.node.key);
  if (held) host.inventory.set(one.node.key, { ...held, adopted: true });
  if (isAgain) return;
  host.reporter.adopted(one.node.ref);
  host.ctx.count.adopted("taken");
}
