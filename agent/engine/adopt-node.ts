import type { Adoption } from "./adoption.ts";
import type { Host } from "./host.ts";
import { guard } from "./later-writers.ts";
import type { Seen } from "./model.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { rest } from "./rest.ts";
import { isPaused, watchUnlabelled } from "./restraint.ts";
import { sendNode } from "./send.ts";
import { settle } from "./settle.ts";

type Verdict = ReturnType<Adoption["verdict"]>;

/** Does what the adoption policy asks, if it speaks of this object; true: there is nothing else to do. */
export function adoptNode(
  host: Host,
  run: Run,
  one: NodeRun,
  seen: Seen | undefined,
  verdict: Verdict,
): boolean {
  if (verdict === undefined || verdict.state === "Taken") return false;
  if (seen) watchUnlabelled(host, run, one, seen);
  if (verdict.state === "Mirrored") {
    if (seen) settle(host, run, one, seen);
    else rest(host, run, one, { seen, owner: undefined, action: "await" });
  } else if (verdict.state === "WouldTake" && !run.suspended && !run.adoption?.isDryRun) {
    if (run.adoption?.guards) guard(one);
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
