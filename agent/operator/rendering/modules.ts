import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import type { PolicyRef } from "../../../protocol/resources/policy.ts";
import type { SeenGraph } from "../../engine/context.ts";
import { graphKeyOf, hashOf } from "../../engine/model.ts";
import type { Clock } from "../../kube/index.ts";
import type { Rendering } from "../kind.ts";
import type { Good, Standing, Wish } from "./attempt.ts";
import type { Attempts } from "./attempts.ts";
import type { ConfigMapWatches } from "./config-maps.ts";
import { type GraphFrame, moduleGraph } from "./graph.ts";
import type { HeldNodes } from "./held.ts";
import type { RenderJob } from "./job.ts";
import { isFar, isMoving } from "./moving.ts";
import { outcomeOf } from "./outcomes.ts";

/** What a resource that comes from a module asks for. */
export interface Order {
  /** Of the resource: `Kind/namespace/name`. */
  key: string;
  uid: string;
  job: RenderJob;
  frame: GraphFrame;
  intervalMs: number;
  /** A new value has the source looked at again. */
  force: string | undefined;
}

/** Resources that come from modules: what their graphs are to be, and why they are not. */
export interface Modules {
  /** `live`: the graph as it is now. */
  render(order: Order, live: SeenGraph | undefined): Rendering;
  /** The graph that `render` gave has been written. */
  wrote(key: string, live: SeenGraph): void;
  standing(key: string): Standing | undefined;
  /** What it would become now; nothing of it is kept. @throws RenderingError */
  preview(order: Order, signal: AbortSignal): Promise<{ good: Good; spec: ResourceGraphSpec }>;
  forget(key: string, graph: string): void;
}

export interface ModulesOptions {
  attempts: Attempts;
  configMaps: ConfigMapWatches;
  held: HeldNodes;
  /** Of the installation, with the namespace that they are read in. */
  installation: { namespace: string; policies: readonly PolicyRef[] };
  clock: Clock;
}

export function createModules(options: ModulesOptions): Modules {
  const { attempts, configMaps, held, installation, clock } = options;

  /** Hash of the nodes that are to be written next, by resource. */
  const wanted = new Map<string, string>();

  const specOf = (order: Order, good: Good, live: SeenGraph | undefined): Rendering => {
    // What it holds is about to be known, and tells us: no need to render, or to write, what may be there already.
    if (live?.isReading) return {};
    const sameNodes = live !== undefined && held.hash(live) === good.nodesHash;
    const nodes = (sameNodes ? live.spec.nodes : undefined) ?? good.nodes;
    if (!nodes) {
      attempts.again(order.key);
      return {};
    }
    wanted.set(order.key, good.nodesHash);
    const former = { metadata: live?.spec.metadata, sameNodes };
    const now = new Date(clock.now()).toISOString();
    return { spec: moduleGraph(order.frame, order.job.cueRef, good, nodes, former, now) };
  };

  return {
    render(order, live) {
      const { key, job } = order;
      configMaps.set(key, configMapsOf(job, installation));
      const standing = attempts.stand(wishOf(order, installation.policies));
      const isRunning = live !== undefined;
      const outcome = outcomeOf(standing, { cueRef: job.cueRef, isRunning, nowMs: clock.monotonic() });
      if (outcome || standing.state !== "rendered") return outcome ? { outcome } : {};
      return specOf(order, standing.good, live);
    },
    wrote(key, live) {
      const hash = wanted.get(key);
      if (hash === undefined) return;
      held.wrote(graphKeyOf(live), live, hash);
      attempts.letGo(key, hash);
    },
    standing: (key) => attempts.peek(key),
    async preview(order, signal) {
      const { nodes, ...good } = await attempts.once(wishOf(order, installation.policies), signal);
      const former = { metadata: undefined, sameNodes: false };
      const now = new Date(clock.now()).toISOString();
      const spec = moduleGraph(order.frame, order.job.cueRef, { ...good, nodes }, nodes, former, now);
      return { good: { ...good, nodes }, spec };
    },
    forget(key, graph) {
      attempts.forget(key);
      configMaps.set(key, []);
      held.forget(graph);
      wanted.delete(key);
    },
  };
}

function wishOf({ key, uid, job, intervalMs, force }: Order, installed: readonly PolicyRef[]): Wish {
  const { tenant: group, ...wanted } = job;
  const refs = [job.cueRef, ...[...installed, ...job.policies].map(({ cueRef }) => cueRef)];
  return {
    key,
    hash: hashOf({ uid, job: wanted, intervalMs, force: force ?? "" }),
    group,
    job,
    isFar: refs.some(isFar),
    ...(refs.some(isMoving) ? { intervalMs } : {}),
  };
}

function configMapsOf(job: RenderJob, { namespace, policies }: ModulesOptions["installation"]): string[] {
  const named = (place: string, refs: readonly CueRef[]) =>
    refs.filter(({ type }) => type === "configmap").map(({ ref }) => `${place}/${ref}`);
  const own = [job.cueRef, ...job.policies.map(({ cueRef }) => cueRef)];
  const installed = policies.map(({ cueRef }) => cueRef);
  return [...new Set([...named(job.namespace, own), ...named(namespace, installed)])];
}
