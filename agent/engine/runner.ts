import type {
  GraphNode,
  NodeStatus,
  ResourceGraphSpec,
  ResourceGraphStatus,
} from "../../protocol/resources/graph.ts";
import { errorText } from "../log.ts";
import type { EngineContext, LiveGraph, SeenGraph } from "./context.ts";
import { deleting } from "./deleting.ts";
import { createFinalizer } from "./finalizer.ts";
import { isNamespaceGoing, letGoElsewhere } from "./forsaken.ts";
import { createHistory } from "./history.ts";
import type { Host } from "./host.ts";
import { addGraph, type Inventory, isRecorded, toSecure } from "./inventory.ts";
import { createInventoryRecord } from "./inventory-record.ts";
import { type Graph, isNewer } from "./model.ts";
import { createNodeRecord } from "./node-record.ts";
import { createPacer } from "./pacer.ts";
import { persist } from "./persist.ts";
import { graphOf, type Plan, planOf } from "./plan.ts";
import { isControlled } from "./record.ts";
import { REMOVAL } from "./removal.ts";
import { createReporter } from "./reporter.ts";
import { goingOn } from "./rollback.ts";
import { running } from "./running.ts";
import { createShardStore, type ShardStore } from "./shard-store.ts";
import { seenGraph } from "./spec-nodes.ts";
import { pending, refused, type Stage } from "./stage.ts";
import { lineageOf, reconcileAtOf } from "./start-run.ts";
import { createStatusWriter } from "./status-writer.ts";

/** Shards that are missing may be put back by somebody. */
const LOOK_AGAIN_MS = 30_000;

/** One graph and all that happens to it: an actor that looks at what was poked, one step at a time. */
export interface Runner {
  /** Takes a version of the ResourceGraph; older ones than the last are ignored. */
  offer(live: LiveGraph): void;
  /** As it is stored. */
  live(): LiveGraph;
  /** With all its nodes, where they are known. */
  seen(): SeenGraph;
  readonly shards: ShardStore;
  /** Shards of it are not to be had. */
  isMissing(): boolean;
  /** Looks for them again. */
  again(): void;
  /** The newest status worth knowing, which may not be written yet. */
  status(): ResourceGraphStatus | undefined;
  /** Every node as it stands now, more than a status shows; undefined while that is not known. */
  nodes(): readonly NodeStatus[] | undefined;
  /** Resolves when it may be replaced by this spec without losing sight of an object: inventory.ts, rule 2. */
  secure(next: LiveGraph["spec"]): Promise<void>;
  /** Keeps what this spec, as it will be stored, takes the place of. The answer: the annotation that says so. */
  archive(next: LiveGraph["spec"]): Promise<string | undefined>;
  /** What waits for a pause after a failure is tried now. */
  retryNow(): void;
  stop(): void;
}

export function createRunner(
  ctx: EngineContext,
  first: LiveGraph,
  tell: (status: ResourceGraphStatus | undefined) => void,
): Runner {
  let live = first;
  let told: ResourceGraphStatus | undefined;
  let graph: Graph | undefined;
  let plan: Plan | undefined;
  /** Undefined until the newest generation has been read. */
  let stage: Stage | undefined;
  let former: Stage | undefined;
  let attempt = 0;
  /** Monotonic: when what is carried out came. */
  let cameAt = ctx.clock.monotonic();
  /** The spec is about to be replaced, or may be at any time: until it is, the status names all that it names. */
  let secured = false;
  /** In the middle of a step all may be applied and nothing pruned yet: the status waits for its end. */
  let stepping = false;
  let ready = Promise.withResolvers<void>();
  const inventory: Inventory = new Map();
  const shards = createShardStore({
    ...{ kube: ctx.kube, signal: ctx.signal, now: ctx.clock.now },
    live: () => live,
  });
  const record = createInventoryRecord({ shards, inventory });
  const history = createHistory(first, shards, ctx.clock.now);
  /** A graph that cannot be kept is no reason not to go on. */
  const archive = async (former: LiveGraph, nodes: readonly GraphNode[], next: ResourceGraphSpec) => {
    await history.archive(former, nodes, next).catch((error: unknown) => {
      if (!ctx.signal.aborted)
        ctx.log.warn("a former graph is not kept", { graph: former.metadata.name, error: errorText(error) });
    });
  };

  const step = (ids: Iterable<string>) => {
    if (ctx.signal.aborted) return;
    stepping = true;
    try {
      stage?.step(ids);
    } finally {
      stepping = false;
    }
    writer.changed();
  };
  const pacer = createPacer(ctx, step);
  const reporter = createReporter(ctx);
  const host: Host = {
    ...{ ctx, inventory, reporter, drifts: first.status?.drift ?? [] },
    ...{ poke: pacer.poke, pokeAfter: pacer.pokeAfter, perform: pacer.perform, isBusy: pacer.isBusy },
    changed: () => {
      if (!stepping) writer.changed();
    },
    isRecorded: (key, id) => isRecorded(record.stored(live.status), key, id),
  };
  const again = (ms: number) => {
    for (const id of [REMOVAL, ...(graph?.order ?? [])]) pacer.pokeAfter(id, ms);
  };
  const finalizer = createFinalizer({ ctx, live: () => live, took: (answer) => take(answer), again });
  const snapshot = () => stage?.snapshot();
  const nodeRecord = createNodeRecord({
    ...{ ctx, shards, snapshot, live: () => live },
    changed: () => writer.changed(),
    collect: () => void collect(),
  });
  const writer = createStatusWriter(ctx, {
    live: () => live,
    outlook: () => stage?.outlook(),
    snapshot,
    sinceOf: (node) => nodeRecord.sinceOf(node),
    record(found) {
      const { fields, chunks } = record.pack(live.status, graph, secured);
      return {
        fields: { ...fields, ...nodeRecord.fields(found), ...history.fields(live, plan?.carries) },
        chunks,
      };
    },
    shards,
    acted: () => stage?.acted() === true,
    took(answer) {
      take(answer);
      void collect();
    },
    tell(status) {
      told = status;
      stage?.told?.(status);
      reporter.status(live, status);
      tell(status);
    },
  });

  const stageOf = ({ graph: planned, as, problem, pending: isComing, isLost, goesOn }: Plan): Stage => {
    const recording = { ctx, stored: () => record.stored(live.status), flush: () => writer.flush(), again };
    const context = { host, live, newest: () => live, finalizer, reporter, recording };
    if (isLost) return refused(context, problem ?? "");
    if (live.metadata.deletionTimestamp !== undefined) return deleting(context, planned, as);
    if (isComing) return pending(context);
    if (goesOn && planned) return goingOn(running(context, planned, as), problem ?? "");
    if (problem !== undefined || !planned) return refused(context, problem ?? "it is no graph");
    return running(context, planned, as);
  };
  /** Undefined where it was overtaken. */
  const planned = (isOvertaken: () => boolean): Promise<Plan | undefined> =>
    persist(ctx, isOvertaken, async () => {
      const lost = await record.read(live.status);
      if (lost === undefined) return planOf(ctx, live, shards, history);
      const isDeleted = live.metadata.deletionTimestamp !== undefined;
      if (isDeleted && (await isNamespaceGoing(ctx, live.metadata.namespace))) return forsaken();
      return { problem: lost, isLost: true, mayPass: true };
    });
  /** With its namespace went its record: what is still known is removed, the rest let go. */
  const forsaken = async (): Promise<Plan> => {
    await record.salvage(live.status);
    const found = await planOf(ctx, live, shards, history);
    if (found.graph) addGraph(inventory, found.graph);
    await letGoElsewhere(ctx, live, { as: found.as, known: new Set(inventory.keys()) });
    return found;
  };
  /** Begins with the spec as it now is. Overtaken by a newer one, it does nothing. */
  const begin = async () => {
    attempt += 1;
    const mine = attempt;
    // What has been replaced starts nothing more; its watches are held until the new one holds its own.
    former ??= stage;
    stage = undefined;
    const isOvertaken = () => mine !== attempt || ctx.signal.aborted;
    const found = await planned(isOvertaken);
    if (!found || isOvertaken()) return;
    plan = found;
    reporter.begin(live, cameAt);
    secured = !isControlled(live) || live.spec.rollbackTo !== undefined;
    graph = plan.graph;
    if (graph) addGraph(inventory, graph);
    stage = stageOf(plan);
    former?.release();
    former = undefined;
    ready.resolve();
    // What left the graph is seen by the first step: a status before it would say Ready too soon.
    stepping = true;
    stage.step([REMOVAL]);
    stepping = false;
    writer.restart();
    // Whoever needs its nodes waited for this, whatever there is to say of its state.
    if (live.spec.shards) tell(told);
    if (found.mayPass) await lookAgain(isOvertaken);
  };
  const lookAgain = async (isOvertaken: () => boolean) => {
    await ctx.clock.sleep(LOOK_AGAIN_MS, ctx.signal).catch(() => {});
    if (!isOvertaken()) void begin();
  };
  /** What no stored generation names any more is deleted. */
  const collect = async () => {
    // What goes on under a refused rollback writes as ever, however long that lasts.
    const isBarred = plan?.problem !== undefined && !plan.goesOn;
    if (live.metadata.deletionTimestamp !== undefined || isBarred) return;
    const named = () => {
      const { spec, status } = live;
      const refs = [...(spec.shards ?? []), ...(status?.inventoryShards ?? []), ...history.shardsOf(live)];
      return new Set([...refs, ...nodeRecord.refs()].map(({ name }) => name));
    };
    await shards.collect(named).catch((error: unknown) => {
      if (!ctx.signal.aborted)
        ctx.log.info("old shards not collected yet", { graph: live.metadata.name, error: errorText(error) });
    });
  };
  const take = (next: LiveGraph) => {
    if (!isNewer(next.metadata.resourceVersion, live.metadata.resourceVersion)) return;
    const before = live;
    const isOther = isOtherWork(before, next);
    if (isOther) cameAt = ctx.clock.monotonic();
    const isSameSpec = before.metadata.generation === next.metadata.generation;
    // One and the same object for all versions of a generation: what is worked out of a large one is remembered with it.
    live = isSameSpec ? { ...next, spec: before.spec } : next;
    if (!isSameSpec) {
      if (plan?.nodes) void archive(before, plan.nodes, next.spec).then(writer.changed);
      plan = undefined;
    }
    if (!isOther) return writer.changed();
    // Who waits for a beginning that was overtaken waits for this one.
    if (stage) ready = Promise.withResolvers<void>();
    void begin();
  };

  void begin();
  return {
    offer: take,
    live: () => live,
    seen: () => seenGraph(live, plan),
    shards,
    isMissing: () => plan?.mayPass === true && !plan.isLost && !plan.nodes,
    again() {
      plan = undefined;
      void begin();
    },
    status: () => told,
    nodes: () => stage && nodeRecord.timed(stage.snapshot().nodes),
    async archive(next) {
      await ready.promise;
      if (plan?.nodes) await archive(live, plan.nodes, next);
      return history.unlisted(live);
    },
    async secure(next) {
      await ready.promise;
      const nextGraph = await graphOf(ctx, next, live.metadata.namespace ?? "");
      if (!toSecure(inventory, record.stored(live.status), nextGraph)) return;
      secured = true;
      await writer.flush();
    },
    retryNow: () => stage?.retryNow(),
    stop() {
      attempt += 1;
      writer.stop();
      nodeRecord.stop();
      pacer.stop();
      ready.resolve();
      stage?.release();
      former?.release();
      stage = undefined;
    },
  };
}

/** What was begun has to begin again. */
const isOtherWork = (before: LiveGraph, next: LiveGraph): boolean =>
  before.metadata.generation !== next.metadata.generation ||
  lineageOf(before) !== lineageOf(next) ||
  reconcileAtOf(before) !== reconcileAtOf(next) ||
  before.metadata.deletionTimestamp !== next.metadata.deletionTimestamp;
