import type { Identity } from "../kube/index.ts";
import type { Graph } from "./model.ts";
import { REMOVAL } from "./removal.ts";
import { deletionSnapshot } from "./snapshot.ts";
import { type Stage, type StageContext, startRemoval } from "./stage.ts";

/** Removes all that the inventory names, dependants first; then the graph may go. Nothing is rendered for it. */
export function deleting(ctx: StageContext, graph: Graph | undefined, as: Identity | undefined): Stage {
  const { host, live, finalizer } = ctx;
  // Dependants stand behind what they need: they are looked at first.
  const removal = startRemoval(ctx, [...host.inventory.values()].reverse(), as, graph ? { graph } : {});
  host.poke(REMOVAL);
  return {
    step() {
      removal.step();
      if (removal.isDone && finalizer.isOn) void finalizer.remove();
    },
    outlook: () => ({ phase: "Deleting", isQuiet: false }),
    snapshot: () => deletionSnapshot(live.metadata.generation ?? 0, removal.leaving()),
    acted: () => true,
    retryNow() {},
    release: removal.release,
  };
}
