import { adoptNode } from "./adopt-node.ts";
import { recordApplied } from "./applied.ts";
import type { Host } from "./host.ts";
import { guard } from "./later-writers.ts";
import type { Seen } from "./model.ts";
import { type NodeRun, nextCorrection, type Run } from "./node-run.ts";
import { actionFor, ownerOf } from "./ownership.ts";
import { cannotRead, losesSight, rest } from "./rest.ts";
import { awaitResume, confirmGone, corrects, isPaused, leaveDisabled, reportDrift } from "./restraint.ts";
import { createActionFor } from "./run-create.ts";
import { yieldToAutoscaler } from "./scaling.ts";
import { askOnly, replaceNode, sendNode } from "./send.ts";
import { becomeReady, settle } from "./settle.ts";
import { sightOf } from "./sight.ts";

/** How long a watch may take before it is asked why. */
const UNSYNCED_MS = 500;
const UNWATCHABLE_MS = 3_000;

/**
 * Looks at one node and does the next thing that it needs, if any: level-based, so it may be called at any time and as
 * often as one likes. All writes of nodes begin here.
 */
export function evaluate(host: Host, run: Run, one: NodeRun) {
  // While nothing may be written, no order is needed to look.
  if (!run.suspended && !run.schedule.isFree(one.node.id)) return;
  if (!one.hold.ready()) return awaitWatch(host, run, one);
  if (run.adoption?.ready() === false) return host.pokeAfter(one.node.id, UNSYNCED_MS);
  const sight = sightOf(host, run, one);
  if (!sight) return;
  const { seen, hidden } = sight;
  if (hidden !== undefined && one.node.mode === "Observe") return cannotRead(host, run, one, hidden);
  const owner = seen ? ownerOf(seen, run.identity, host.inventory.get(one.node.key)?.uid) : undefined;
  const inventoried = seen?.otherOwner !== undefined && !run.adoption?.allows(seen.otherOwner);
  const live = seen && owner ? { owner, deleting: seen.deleting, inventoried } : undefined;
  // Killed before the taking was on record: the label is the record.
  if (run.adoption?.guards && owner === "ours" && seen?.guarded) guard(one);
  if (run.adoption && adoptNode(host, run, one, seen, run.adoption.verdict(one.node))) return;
  const allowed = actionFor({ mode: one.node.mode, force: one.node.force, live });
  const action = createActionFor(host, one, seen, owner, allowed);
  if (action === "apply" && seen) {
    if (yieldToAutoscaler(host, one, seen)) return;
    const need = owner === "ours" && !one.resend ? needOf(host, run, one, seen) : "apply";
    if (seen.disabled) return leaveDisabled(host, run, one, seen);
    if (need === "nothing") return settle(host, run, one, seen);
    if (need === "correct" && !corrects(run, one)) return reportDrift(host, run, one, seen);
    if (need === "correct") return correct(host, run, one, seen);
  }
  if (action === "done") return becomeReady(host, run, one, "completed; its object has been removed since");
  if (action === "apply" || action === "create" || action === "replace") {
    if (run.suspended) return awaitResume(host, run, one, seen);
    if (isPaused(host, one, seen)) return;
    if (!seen && hidden === undefined && confirmGone(host, run, one)) return;
    if (action === "replace" && seen) replaceNode(host, run, one, seen, "another run takes its place");
    else sendNode(host, run, one, seen);
    return;
  }
  rest(host, run, one, { seen, owner, action });
}

function awaitWatch(host: Host, run: Run, one: NodeRun) {
  if (one.hold.isLost() && one.hold.problem() !== undefined) return losesSight(host, run, one);
  const problem = run.suspended ? undefined : one.hold.problem();
  // A definition or a right that is on its way needs a moment.
  if (problem && host.ctx.clock.monotonic() - run.startedAt > UNWATCHABLE_MS) {
    if (one.node.mode === "Observe") return cannotRead(host, run, one, problem);
    run.acted = true;
    if (one.attempts === 0) askOnly(host, run, one, problem);
    return;
  }
  // The watch tells when it is ready; why it is not, only when asked.
  host.pokeAfter(one.node.id, UNSYNCED_MS);
}

/**
 * decisions.md 23: nothing is sent where both hashes equal those recorded after the last apply; where only our fields
 * in the live object differ, somebody changed them. Without a record (killed before it was stored), the live fields
 * themselves may show that all is as it should be; the proof that we made the object stands in for it.
 */
function needOf(host: Host, run: Run, one: NodeRun, seen: Seen): "nothing" | "correct" | "apply" {
  const held = host.inventory.get(one.node.key);
  if (held?.applied === one.hash && run.adoption?.isRetaken(one.node, seen)) return "correct";
  if (held?.uid === seen.uid && held.applied === one.hash)
    return held.live === seen.liveHash ? "nothing" : "correct";
  // All that is left of it was ours: what else somebody changed at the same time is set back.
  if (held?.uid === seen.uid && held.applied === one.yielded && corrects(run, one)) return "correct";
  if (seen.liveHash !== one.hash) return "apply";
  recordApplied(host, one, { uid: seen.uid, live: seen.liveHash });
  return "nothing";
}

/** Drift: these fields were ours and have been changed, so they are taken back from whoever holds them. */
function correct(host: Host, run: Run, one: NodeRun, seen: Seen) {
  const now = host.ctx.clock.monotonic();
  if (isPaused(host, one, undefined)) return;
  const { waitMs, corrections } = nextCorrection(one, now);
  if (waitMs > 0) {
    one.notBefore = now + waitMs;
    one.message = "changed by somebody else again; corrected after a pause";
    host.pokeAfter(one.node.id, waitMs);
    return host.changed();
  }
  const takes = run.adoption?.isRetaken(one.node, seen) === true;
  if (!sendNode(host, run, one, seen, { isDrift: true, takes })) return;
  one.corrections = corrections;
  one.correctedAt = now;
}
