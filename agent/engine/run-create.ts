import { errorText } from "../log.ts";
import { type CreateAction, createAction, ttlOf } from "./create.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import type { Action, Owner } from "./ownership.ts";

/** How often it is looked whether the record of a completed run is stored. */
const RECORD_MS = 1_000;
const TTL_AGAIN_MS = 30_000;

/** What a node of mode Create needs: the rules are in create.ts. */
export function createActionFor(
  host: Host,
  one: NodeRun,
  seen: Seen | undefined,
  owner: Owner | undefined,
  action: Action,
): CreateAction {
  if (one.runId === undefined) return action;
  const held = host.inventory.get(one.node.key);
  return createAction({ node: one.node, runId: one.runId, held, seen, owner, action });
}

/** After a look at the object of a run: notes that it is there, and that it has completed. */
export function recordRun(host: Host, run: Run, one: NodeRun, seen: Seen): void {
  const { runId, node } = one;
  if (runId === undefined || seen.run !== runId || seen.graphUid !== run.identity.uid) return;
  const { key, ref, orphan } = node;
  const held = host.inventory.get(key);
  const done = held?.run === runId && held.done === true;
  const isDone = done || one.state === "Ready";
  if (held?.run !== runId || held.uid !== seen.uid || isDone !== done) {
    const { done: _, ...rest } = held ?? {};
    host.inventory.set(key, {
      ...rest,
      key,
      ref,
      orphan,
      uid: seen.uid,
      run: runId,
      ...(isDone ? { done: true } : {}),
    });
    host.changed();
  }
  if (isDone) giveTtl(host, run, one, seen, runId);
}

/** The object may remove itself, now that its end is on record. */
function giveTtl(host: Host, run: Run, one: NodeRun, seen: Seen, runId: string) {
  const ttlSecondsAfterFinished = ttlOf(one.node.object);
  if (ttlSecondsAfterFinished === undefined || seen.hasTtl || seen.deleting) return;
  if (!host.isRecorded(one.node.key, runId)) return host.pokeAfter(one.node.id, RECORD_MS);
  const { kube, cache, signal, log } = host.ctx;
  host.perform(one.node.key, one.node.id, async () => {
    const patch = { metadata: { uid: seen.uid }, spec: { ttlSecondsAfterFinished } };
    try {
      cache.put(
        await kube.patch(one.node.ref, patch, {
          signal,
          auditId: run.auditId,
          ...(run.as ? { as: run.as } : {}),
        }),
      );
    } catch (error) {
      if (signal.aborted) return;
      log.info("TTL of a completed run not set yet", { object: one.node.key, error: errorText(error) });
      host.pokeAfter(one.node.id, TTL_AGAIN_MS);
    }
  });
}
