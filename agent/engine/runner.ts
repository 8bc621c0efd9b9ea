import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { type Identity, isKind, refOf } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { buildGraph } from "./build.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import type { Host } from "./host.ts";
import { actAs } from "./identity.ts";
import { addGraph, type Inventory, leftOver, readInventory, toSecure, writeInventory } from "./inventory.ts";
import { type Graph, isNewer } from "./model.ts";
import type { Run } from "./node-run.ts";
import { createPacer, type Pacer } from "./pacer.ts";
import { createRemoval, REMOVAL, type Removal } from "./removal.ts";
import { deletionSnapshot, snapshotOf } from "./snapshot.ts";
import { auditIds, identityOf, kindsOf, startRun } from "./start-run.ts";
import { type Snapshot, statusOf } from "./status.ts";
import { createStatusWriter, writeGraphStatus } from "./status-writer.ts";

/** One graph and all that happens to it: an actor that looks at what was poked, one step at a time. */
export interface Runner {
  /** Takes a version of the ResourceGraph; older ones than the last are ignored. */
  offer(live: LiveGraph): void;
  live(): LiveGraph;
  /** The newest status worth knowing, which may not be written yet. */
  status(): ResourceGraphStatus | undefined;
  /** Resolves when it may be replaced by this spec without losing sight of an object: inventory.ts, rule 2. */
  secure(next: LiveGraph["spec"]): Promise<void>;
  /** What waits for a pause after a failure is tried now. */
  retryNow(): void;
  stop(): void;
}

export function createRunner(
  ctx: EngineContext,
  first: LiveGraph,
  tell: (status: ResourceGraphStatus) => void,
): Runner {
  let live = first;
  let told: ResourceGraphStatus | undefined;
  let graph: Graph | undefined;
  let run: Run | undefined;
  let problem: string | undefined;
  let removal: Removal | undefined;
  let offs: (() => void)[] = [];
  let attempt = 0;
  let finishing = false;
  let pruned = 0;
  let reported = false;
  /** The spec is about to be replaced: until it is, the status names all that it names. */
  let secured = false;
  let ready = Promise.withResolvers<void>();
  const inventory: Inventory = readInventory(first.status?.inventory);

  const pacer: Pacer = createPacer(ctx, (ids) => step(ids));
  const host: Host = {
    ctx,
    inventory,
    poke: pacer.poke,
    pokeAfter: pacer.pokeAfter,
    perform: pacer.perform,
    isBusy: pacer.isBusy,
    changed: () => writer.changed(),
  };
  const isDeleting = () => live.metadata.deletionTimestamp !== undefined;

  const snapshot = (): Snapshot | undefined => {
    const generation = live.metadata.generation ?? 0;
    if (isDeleting()) return removal ? deletionSnapshot(generation, removal.leaving()) : undefined;
    if (problem !== undefined) return refusedSnapshot(generation, problem);
    if (!run || run.generation !== generation) return undefined;
    return snapshotOf(run, removal?.leaving() ?? [], live.spec.suspend === true);
  };
  const writer = createStatusWriter(ctx, {
    live: () => live,
    snapshot,
    inventory: () => writeInventory(inventory, graph, secured),
    acted: () => run?.acted === true || removal !== undefined || problem !== undefined,
    took: (answer) => take(answer),
    tell(status) {
      told = status;
      report(status);
      tell(status);
    },
  });

  /** At most one event a generation, and none for an ordinary success: the status says that. */
  const report = (status: ResourceGraphStatus) => {
    const failed = status.phase === "Failed";
    if (reported || (!failed && pruned === 0) || status.phase === "Executing") return;
    reported = true;
    ctx.record({
      regarding: live,
      type: failed ? "Warning" : "Normal",
      reason: failed ? "NodesFailed" : "Pruned",
      action: failed ? "Apply" : "Prune",
      note: failed ? (status.message ?? "failed") : `${pruned} objects left the graph and were removed`,
    });
  };

  const end = () => {
    removal?.release();
    removal = undefined;
    run = undefined;
    for (const off of offs) off();
    offs = [];
  };

  /** Begins with the spec as it now is. Overtaken by a newer one, it does nothing. */
  const begin = async () => {
    attempt += 1;
    const mine = attempt;
    const scope = await ctx.scopeOf(kindsOf(live));
    if (mine !== attempt || ctx.signal.aborted) return;
    const formerOffs = offs;
    offs = [];
    removal?.release();
    removal = undefined;
    reported = false;
    secured = false;
    pruned = 0;
    const built = buildGraph(live.spec, live.metadata.namespace ?? "", scope);
    const identity = actAs(live.spec.applyAs, live.metadata.namespace ?? "", ctx.systemNamespace);
    graph = "graph" in built ? built.graph : undefined;
    if (graph) addGraph(inventory, graph);
    problem = "refused" in identity ? identity.refused : "problem" in built ? built.problem : undefined;
    run = undefined;
    const as = "refused" in identity ? applierOf(live) : identity.as;
    if (isDeleting()) beginDeletion(as);
    else if (graph && problem === undefined) {
      run = startRun(host, live, graph, as, (off) => offs.push(off));
      for (const id of graph.order) pacer.poke(id);
    }
    // After the new holds: a watch that both need goes on.
    for (const off of formerOffs) off();
    ready.resolve();
    writer.restart();
  };
  const beginDeletion = (as: Identity | undefined) => {
    const entries = [...inventory.values()];
    removal = createRemoval({ ...removalBase(as), ...(graph ? { graph } : {}), entries });
    pacer.poke(REMOVAL);
  };
  const removalBase = (as: Identity | undefined) => ({
    host,
    identity: identityOf(live),
    ...(as ? { as } : {}),
    auditId: auditIds(live),
    onGone(held: { key: string }, how: string) {
      inventory.delete(held.key);
      pruned += 1;
      ctx.log.debug("removed from the graph", { graph: identityOf(live).key, object: held.key, how });
      host.changed();
    },
  });

  const step = (ids: Iterable<string>) => {
    if (ctx.signal.aborted) return;
    if (run && !live.spec.suspend && !isDeleting()) {
      if (!live.metadata.finalizers?.includes(FINALIZER)) return void addFinalizer();
      for (const id of ids) {
        const one = run.nodes.get(id);
        if (one) evaluate(host, run, one);
      }
      prune(run);
    }
    if (removal) {
      removal.step();
      if (removal.isDone && isDeleting()) void finishDeletion();
      else if (removal.isDone) {
        removal.release();
        removal = undefined;
      }
    }
    writer.changed();
  };

  /** What left the graph goes only when all that stays in it has been applied. */
  const prune = (current: Run) => {
    if (removal || [...current.nodes.values()].some((one) => !one.applied)) return;
    const entries = leftOver(inventory, current.graph);
    if (entries.length === 0) return;
    current.acted = true;
    removal = createRemoval({ ...removalBase(current.as), entries });
  };

  const patchFinalizers = (finalizers: string[]) =>
    ctx.kube.patch(
      refOf(live),
      { metadata: { uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion, finalizers } },
      { signal: ctx.signal },
    );
  const addFinalizer = async () => {
    if (finishing) return;
    finishing = true;
    try {
      take((await patchFinalizers([...(live.metadata.finalizers ?? []), FINALIZER])) as LiveGraph);
    } catch (error) {
      ctx.log.warn("finalizer not added", { graph: live.metadata.name, error: errorText(error) });
    }
    finishing = false;
    if (run) for (const id of run.graph.order) pacer.pokeAfter(id, 0);
  };
  const finishDeletion = async () => {
    if (finishing || !live.metadata.finalizers?.includes(FINALIZER)) return;
    finishing = true;
    try {
      await patchFinalizers(live.metadata.finalizers.filter((one) => one !== FINALIZER));
    } catch (error) {
      if (!isKind(error, "notFound") && !ctx.signal.aborted) {
        ctx.log.info("finalizer not removed yet", { graph: live.metadata.name, error: errorText(error) });
        pacer.pokeAfter(REMOVAL, FINALIZER_RETRY_MS);
      }
    }
    finishing = false;
  };

  const take = (next: LiveGraph) => {
    if (!isNewer(next.metadata.resourceVersion, live.metadata.resourceVersion)) return;
    const former = live;
    live = next;
    const changed =
      former.metadata.generation !== next.metadata.generation ||
      former.metadata.deletionTimestamp !== next.metadata.deletionTimestamp;
    if (!changed) return writer.changed();
    ready = Promise.withResolvers<void>();
    void begin();
  };

  void begin();
  return {
    offer: take,
    live: () => live,
    status: () => told,
    async secure(next) {
      await ready.promise;
      const scope = await ctx.scopeOf(kindsOf({ ...live, spec: next }));
      const built = buildGraph(next, live.metadata.namespace ?? "", scope);
      if (!("graph" in built)) return;
      if (!toSecure(inventory, readInventory(live.status?.inventory), built.graph)) return;
      const now = snapshot();
      if (!now) return;
      secured = true;
      const all = writeInventory(inventory, graph, true);
      const status = statusOf(now, live.status, all, new Date(ctx.clock.now()).toISOString());
      take(await writeGraphStatus(ctx, live, status));
    },
    retryNow() {
      if (!run) return;
      for (const [id, one] of run.nodes) {
        if (one.notBefore <= ctx.clock.monotonic()) continue;
        one.notBefore = 0;
        pacer.poke(id);
      }
    },
    stop() {
      attempt += 1;
      writer.stop();
      pacer.stop();
      ready.resolve();
      end();
    },
  };
}

/** Only conflicts with other writers of the graph come here; they pass. */
const FINALIZER_RETRY_MS = 500;

/** Whatever a refused graph names, its removal has no more rights than an allowed one. */
const applierOf = ({ metadata: { namespace = "" } }: LiveGraph): Identity => ({
  namespace,
  serviceAccount: APPLIER_SERVICE_ACCOUNT,
});

function refusedSnapshot(generation: number, message: string): Snapshot {
  const counts = { total: 0, ready: 0, failed: 0 };
  return { generation, phase: "Failed", reason: "Refused", message, counts, nodes: [] };
}
