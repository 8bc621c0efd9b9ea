import type { CreateAction } from "./create.ts";
import type { Host } from "./host.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { type Owner, refusalOf } from "./ownership.ts";
import { progressing } from "./readiness/conditions.ts";
import { watchUnlabelled } from "./restraint.ts";
import { recordRun } from "./run-create.ts";
import { inTime, settle } from "./settle.ts";

/** What is only observed is read as who applies, and there is nothing else to be done with it. */
export function cannotRead(host: Host, run: Run, one: NodeRun, problem: string): void {
  const leftMs = (one.access?.until ?? 0) - host.ctx.clock.monotonic();
  if (leftMs > 0) host.pokeAfter(one.node.id, leftMs);
  run.acted = true;
  one.applied = false;
  one.state = "Failed";
  one.message = `cannot be read: ${problem}`;
  host.changed();
}

/** It was watched, and nobody here may watch it any more. As long as nobody sees it, nothing is done with it. */
export function losesSight(host: Host, run: Run, one: NodeRun): void {
  const { kind } = one.node.ref;
  run.acted = true;
  one.applied = false;
  one.state = "Failed";
  one.message = `nobody here may watch ${kind} any more, so it is not looked after: ${one.hold.problem()}`;
  host.changed();
}

/** What holds without a write. */
export function rest(
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
