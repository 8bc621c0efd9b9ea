import type { Identity } from "../kube/index.ts";
import { evaluate } from "./evaluate.ts";
import { type Held, leftOver } from "./inventory.ts";
import type { Graph } from "./model.ts";
import type { NodeRun } from "./node-run.ts";
import { createRecord } from "./record.ts";
import { REMOVAL, type Removal } from "./removal.ts";
import { type Leaving, outlookOf, snapshotOf } from "./snapshot.ts";
import { type Stage, type StageContext, startRemoval } from "./stage.ts";
import { startRun } from "./start-run.ts";

/** Applies the graph's nodes, keeps them so, and removes what has left it. */
export function running(ctx: StageContext, graph: Graph, as: Identity | undefined): Stage {
  const { host, live, newest, finalizer } = ctx;
  const record = createRecord(graph, ctx.recording);
  const suspended = live.spec.suspend === true;
  const offs: (() => void)[] = [];
  const run = startRun(host, live, graph, as, (off) => offs.push(off));
  const allApplied = applied([...run.nodes.values()]);
  let removal: Removal | undefined;
  // A graph of nothing has leftovers too.
  for (const id of [...graph.order, REMOVAL]) host.poke(id);

  /** What left the graph goes only while all that stays in it has been applied: also after a grace period. */
  const prune = () => {
    if (!allApplied()) return;
    removal ??= startPrune();
    removal?.step();
    if (!removal?.isDone) return;
    removal.release();
    removal = undefined;
  };
  const startPrune = (): Removal | undefined => {
    const { graceSeconds = 0, dryRun = false } = live.spec.prune ?? {};
    const left = leftOver(host.inventory, graph);
    if (left.length === 0) return undefined;
    run.acted = true;
    const entries = graceSeconds > 0 ? left.map(stamped) : left;
    return startRemoval(ctx, entries, as, { prune: { graceMs: 1_000 * graceSeconds, dryRun } });
  };
  const stamped = (held: Held): Held => {
    const entry = { leftAt: new Date(host.ctx.clock.now()).toISOString(), ...held };
    host.inventory.set(held.key, entry);
    return entry;
  };

  /** What left and was not looked at yet is on its way out too: an empty graph is not Ready before it is empty. */
  const leaving = (): readonly Leaving[] => {
    if (removal) return removal.leaving();
    if (suspended || !allApplied()) return [];
    return leftOver(host.inventory, graph).map(({ key, ref }) => ({ key, ref, failed: false, kept: false }));
  };

  return {
    step(ids) {
      if (!suspended && !finalizer.isOn) return void finalizer.add();
      if (!suspended && !record.isComplete(newest())) return record.store();
      for (const id of ids) {
        const one = run.nodes.get(id);
        if (one) evaluate(host, run, one);
      }
      if (!suspended) prune();
    },
    outlook: () => outlookOf(run, leaving(), suspended),
    snapshot() {
      const snapshot = snapshotOf(run, host.inventory, leaving(), suspended);
      const adoption = run.adoption?.status();
      const { refused = true, message } = adoption?.laterWriters ?? {};
      return {
        ...(refused ? {} : { message }),
        ...snapshot,
        ...(run.reconcileAt ? { reconcileAt: run.reconcileAt } : {}),
        drift: host.drifts,
        ...(adoption ? { adoption } : {}),
      };
    },
    acted: () => run.acted || removal !== undefined,
    retryNow() {
      for (const [id, one] of run.nodes) {
        if (one.notBefore <= host.ctx.clock.monotonic()) continue;
        one.notBefore = 0;
        host.poke(id);
      }
    },
    told: (status) => run.trace?.told(status),
    release() {
      removal?.release();
      for (const off of offs) off();
    },
  };
}

/** Whether all are applied. Asked at each step: the one that was not the last time is looked at first. */
function applied(nodes: readonly Pick<NodeRun, "applied">[]): () => boolean {
  let from = 0;
  return () => {
    for (let looked = 0; looked < nodes.length; looked += 1) {
      if (!nodes[from]?.applied) return false;
      from = (from + 1) % nodes.length;
    }
    return true;
  };
}
