import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { Identity } from "../kube/index.ts";
import { auditIds } from "./audit.ts";
import { buildGraph } from "./build.ts";
import type { EngineContext, LiveGraph } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import { createFinalizer } from "./finalizer.ts";
import type { Host } from "./host.ts";
import { actAs } from "./identity.ts";
import { addGraph, type Inventory, leftOver, readInventory, toSecure, writeInventory } from "./inventory.ts";
import { type Graph, isNewer } from "./model.ts";
import type { Run } from "./node-run.ts";
import { createPacer, type Pacer } from "./pacer.ts";
import { createRemoval, REMOVAL, type Removal } from "./removal.ts";
import { createReporter } from "./reporter.ts";
import { deletionSnapshot, snapshotOf } from "./snapshot.ts";
import { identityOf, kindsOf, lineageOf, startRun } from "./start-run.ts";
import type { Snapshot } from "./status.ts";
import { createStatusWriter } from "./status-writer.ts";

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
  /** The spec is about to be replaced: until it is, the status names all that it names. */
  let secured = false;
  /** In the middle of a step all may be applied and nothing pruned yet: the status waits for its end. */
  let stepping = false;
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
    changed: () => {
      if (!stepping) writer.changed();
    },
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
      reporter.status(live, status);
      tell(status);
    },
  });

  const reporter = createReporter(ctx);
  const finalizer = createFinalizer({
    ctx,
    live: () => live,
    took: (answer) => take(answer),
    again: (ms) => {
      pacer.pokeAfter(REMOVAL, ms);
      if (run) for (const id of run.graph.order) pacer.pokeAfter(id, ms);
    },
  });

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
    reporter.begin(live);
    secured = false;
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
      reporter.pruned();
      ctx.log.debug("removed from the graph", { graph: identityOf(live).key, object: held.key, how });
      host.changed();
    },
  });

  const step = (ids: Iterable<string>) => {
    if (ctx.signal.aborted) return;
    stepping = true;
    try {
      act(ids);
    } finally {
      stepping = false;
    }
    writer.changed();
  };
  const act = (ids: Iterable<string>) => {
    if (run && !live.spec.suspend && !isDeleting()) {
      if (!finalizer.isOn) return void finalizer.add();
      for (const id of ids) {
        const one = run.nodes.get(id);
        if (one) evaluate(host, run, one);
      }
      prune(run);
    }
    if (removal) {
      removal.step();
      if (removal.isDone && isDeleting()) {
        if (finalizer.isOn) void finalizer.remove();
      } else if (removal.isDone) {
        removal.release();
        removal = undefined;
      }
    }
  };

  /** What left the graph goes only when all that stays in it has been applied. */
  const prune = (current: Run) => {
    if (removal || [...current.nodes.values()].some((one) => !one.applied)) return;
    const entries = leftOver(inventory, current.graph);
    if (entries.length === 0) return;
    current.acted = true;
    removal = createRemoval({ ...removalBase(current.as), entries });
  };

  const take = (next: LiveGraph) => {
    if (!isNewer(next.metadata.resourceVersion, live.metadata.resourceVersion)) return;
    const former = live;
    live = next;
    const changed =
      former.metadata.generation !== next.metadata.generation ||
      lineageOf(former) !== lineageOf(next) ||
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
      const nextGraph = "graph" in built ? built.graph : NOTHING;
      if (!toSecure(inventory, readInventory(live.status?.inventory), nextGraph)) return;
      secured = true;
      await writer.flush();
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

/** What a spec that is no graph keeps. */
const NOTHING: Graph = { nodes: new Map(), order: [], dependants: new Map() };

/** Whatever a refused graph names, its removal has no more rights than an allowed one. */
const applierOf = ({ metadata: { namespace = "" } }: LiveGraph): Identity => ({
  namespace,
  serviceAccount: APPLIER_SERVICE_ACCOUNT,
});

function refusedSnapshot(generation: number, message: string): Snapshot {
  const counts = { total: 0, ready: 0, failed: 0 };
  return { generation, phase: "Failed", reason: "Refused", message, counts, nodes: [] };
}
