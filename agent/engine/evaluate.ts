import { recordApplied } from "./applied.ts";
import type { CreateAction } from "./create.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import { type NodeRun, nextCorrection, type Run } from "./node-run.ts";
import { actionFor, type Owner, ownerOf, refusalOf } from "./ownership.ts";
import { progressing } from "./readiness/conditions.ts";
import {
  awaitResume,
  confirmGone,
  corrects,
  leaveDisabled,
  reportDrift,
  watchUnlabelled,
} from "./restraint.ts";
import { soonestRetry } from "./retry.ts";
import { createActionFor, recordRun } from "./run-create.ts";
import { yieldToAutoscaler } from "./scaling.ts";
import { askOnly, replaceNode, sendNode } from "./send.ts";
import { becomeReady, inTime, settle } from "./settle.ts";
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
  const live = seen && owner ? { owner, deleting: seen.deleting } : undefined;
  if (run.adoption && adopt(host, run, one, seen, run.adoption.verdict(one.node))) return;
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

/** A pause after a failure is cut short where the object has changed since. */
function isPaused(host: Host, one: NodeRun, seen: Seen | undefined): boolean {
  const { failure } = one;
  if (failure && seen && seen.resourceVersion !== failure.resourceVersion)
    one.notBefore = Math.min(one.notBefore, failure.at + soonestRetry(one.attempts));
  const leftMs = one.notBefore - host.ctx.clock.monotonic();
  if (leftMs > 0 && Number.isFinite(leftMs)) host.pokeAfter(one.node.id, leftMs);
  return leftMs > 0;
}

function awaitWatch(host: Host, run: Run, one: NodeRun) {
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

/** What is only observed is read as who applies, and there is nothing else to be done with it. */
function cannotRead(host: Host, run: Run, one: NodeRun, problem: string): void {
  const leftMs = (one.access?.until ?? 0) - host.ctx.clock.monotonic();
  if (leftMs > 0) host.pokeAfter(one.node.id, leftMs);
  run.acted = true;
  one.applied = false;
  one.state = "Failed";
  one.message = `cannot be read: ${problem}`;
  host.changed();
}

/** Does what the adoption policy asks, if it speaks of this object; true: there is nothing else to do. */
function adopt(host: Host, run: Run, one: NodeRun, seen: Seen | undefined, verdict: Verdict): boolean {
  if (verdict === undefined || verdict.state === "Taken") return false;
  if (seen) watchUnlabelled(host, run, one, seen);
  if (verdict.state === "Mirrored") {
    if (seen) settle(host, run, one, seen);
    else rest(host, run, one, { seen, owner: undefined, action: "await" });
  } else if (verdict.state === "WouldTake" && !run.suspended && !run.adoption?.isDryRun) {
    if (!isPaused(host, one, seen)) sendNode(host, run, one, seen, { takes: true });
  } else {
    const isRefused = verdict.state === "Refused";
    if (isRefused && one.state !== "Refused") host.ctx.count.adopted("refused");
    one.state = isRefused ? "Refused" : "Waiting";
    one.message = `${isRefused ? "is not taken over" : "would be taken over"}: ${verdict.message ?? ""}`;
    one.applied = false;
    run.acted = true;
    host.changed();
  }
  return true;
}

/** What holds without a write. */
function rest(
  host: Host,
  run: Run,
  one: NodeRun,
  { seen, owner, action }: { seen: Seen | undefined; owner: Owner | undefined; action: CreateAction },
) {
  const { kind, name } = one.node.ref;
  if (action === "keep" && seen) {
    settle(host, run, one, seen);
    return recordRun(host, run, one, seen);
  }
  one.applied = false;
  run.acted = true;
  if (action === "refuse") {
    // It has no label of ours: a watch of its own tells when it goes.
    one.watch ??= host.ctx.cache.holdOne(one.node.ref, run.as);
    one.state = "Refused";
    one.message = refusalOf(kind, name, seen, owner);
  } else {
    if (seen) watchUnlabelled(host, run, one, seen);
    const waits =
      action === "leaving"
        ? `an older ${kind} ${name} is still being deleted${finalizersOf(seen)}`
        : `waits for ${kind} ${name} to exist`;
    const { state, message } = inTime(host, one, progressing(waits));
    one.state = state;
    one.message = message;
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

type Verdict = ReturnType<NonNullable<Run["adoption"]>["verdict"]>;

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
