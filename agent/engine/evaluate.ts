import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import { type NodeRun, nextCorrection, type Run } from "./node-run.ts";
import { type Action, actionFor, type Owner, ownerOf, refusalOf } from "./ownership.ts";
import { nodeReadiness } from "./readiness/index.ts";
import { askOnly, sendNode } from "./send.ts";

/** How long a watch may take before it is asked why. */
const UNSYNCED_MS = 500;
const UNWATCHABLE_MS = 3_000;

/**
 * Looks at one node and does the next thing that it needs, if any: level-based, so it may be called at any time and as
 * often as one likes. All writes of nodes begin here.
 */
export function evaluate(host: Host, run: Run, one: NodeRun) {
  const { ctx } = host;
  if (!run.schedule.isFree(one.node.id)) return;
  if (!one.hold.ready()) return awaitWatch(host, run, one);
  const seen = ctx.cache.get(one.node.key);
  const owner = seen ? ownerOf(seen, run.identity, host.inventory.get(one.node.key)?.uid) : undefined;
  const live = seen && owner ? { owner, deleting: seen.deleting } : undefined;
  const action = actionFor({ mode: one.node.mode, force: one.node.force, live });
  if (action === "apply" && seen) {
    const need = owner === "ours" ? needOf(host, one, seen) : "apply";
    if (need === "nothing") return settle(host, run, one, seen);
    if (need === "correct") return correct(host, run, one, seen);
  }
  if (action === "apply" || action === "create") {
    if (isPaused(host, one)) return;
    sendNode(host, run, one, seen, false);
    return;
  }
  rest(host, run, one, { seen, owner, action });
}

function isPaused(host: Host, one: NodeRun): boolean {
  const leftMs = one.notBefore - host.ctx.clock.monotonic();
  if (leftMs > 0 && Number.isFinite(leftMs)) host.pokeAfter(one.node.id, leftMs);
  return leftMs > 0;
}

function awaitWatch(host: Host, run: Run, one: NodeRun): void {
  const problem = one.hold.problem();
  // A definition or a right that is on its way needs a moment.
  if (problem && host.ctx.clock.monotonic() - run.startedAt > UNWATCHABLE_MS) {
    run.acted = true;
    if (one.attempts === 0) askOnly(host, run, one, problem);
    return;
  }
  // The watch tells when it is ready; why it is not, only when asked.
  host.pokeAfter(one.node.id, UNSYNCED_MS);
}

/** What holds without a write. */
function rest(
  host: Host,
  run: Run,
  one: NodeRun,
  { seen, owner, action }: { seen: Seen | undefined; owner: Owner | undefined; action: Action },
) {
  const { kind, name } = one.node.ref;
  if (action === "keep" && seen) return settle(host, run, one, seen);
  one.applied = false;
  run.acted = true;
  if (action === "refuse") {
    // It has no label of ours: a watch of its own tells when it goes.
    one.watch ??= host.ctx.cache.holdOne(one.node.ref);
    one.state = "Refused";
    one.message = refusalOf(kind, name, seen, owner);
  } else {
    one.state = "Progressing";
    one.message =
      action === "leaving"
        ? `an older ${kind} ${name} is still being deleted${finalizersOf(seen)}`
        : `waits for ${kind} ${name} to exist`;
  }
  host.changed();
}

const finalizersOf = (seen: Seen | undefined): string =>
  seen && seen.finalizers.length > 0 ? `, held by ${seen.finalizers.join(", ")}` : "";

/**
 * decisions.md 23: nothing is sent where both hashes equal those recorded after the last apply; where only our fields
 * in the live object differ, somebody changed them. Without a record (killed before it was stored), the live fields
 * themselves may show that all is as it should be; the proof that we made the object stands in for it.
 */
function needOf(host: Host, one: NodeRun, seen: Seen): "nothing" | "correct" | "apply" {
  const held = host.inventory.get(one.node.key);
  if (held?.uid === seen.uid && held.applied === one.hash)
    return held.live === seen.liveHash ? "nothing" : "correct";
  if (seen.liveHash !== one.hash) return "apply";
  const { key, ref, orphan } = one.node;
  host.inventory.set(key, { key, ref, orphan, uid: seen.uid, applied: one.hash, live: seen.liveHash });
  return "nothing";
}

/** Drift: these fields were ours and have been changed, so they are taken back from whoever holds them. */
function correct(host: Host, run: Run, one: NodeRun, seen: Seen) {
  const now = host.ctx.clock.monotonic();
  if (isPaused(host, one)) return;
  const { waitMs, corrections } = nextCorrection(one, now);
  if (waitMs > 0) {
    one.notBefore = now + waitMs;
    one.message = "changed by somebody else again; corrected after a pause";
    host.pokeAfter(one.node.id, waitMs);
    return host.changed();
  }
  if (!sendNode(host, run, one, seen, true)) return;
  one.corrections = corrections;
  one.correctedAt = now;
}

/** The object is as this run wants it: how ready is it? */
function settle(host: Host, run: Run, one: NodeRun, seen: Seen): void {
  one.applied = true;
  one.attempts = 0;
  const { state, message } = nodeReadiness(one.node.readyWhen, seen);
  one.message = message;
  if (state === "Ready") {
    one.state = "Ready";
    one.wasReady = true;
    for (const free of run.schedule.done(one.node.id)) host.poke(free);
  } else {
    one.state = state === "Failed" ? "Failed" : one.wasReady ? "Degraded" : "Progressing";
  }
  host.changed();
}
