import type { PolicyRef } from "../../../protocol/resources/policy.ts";
import type { Clock, Kube, Random } from "../../kube/index.ts";
import { errorText, type Logger } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { createSlots } from "../../sources/slots.ts";
import type { Sources } from "../../sources/types.ts";
import { createAttempts } from "./attempts.ts";
import { createConfigMapWatches } from "./config-maps.ts";
import { createHeldNodes } from "./held.ts";
import { createModules, type Modules } from "./modules.ts";
import { createPipeline } from "./pipeline.ts";
import type { Renderer } from "./ports.ts";
import { type ActorOptions, actorOf } from "./reader.ts";
import type { Room } from "./work.ts";

/** What the process has for rendering modules, whoever leads. */
export interface ModuleTools {
  sources: Sources;
  renderer: Renderer;
  /** Of the installation: they hold for everything that is rendered, and are read in the agent's own namespace. */
  policies: readonly PolicyRef[];
  /** ServiceAccount of the agent's namespace with wide rights, where the installation has one. */
  platformAccount?: string;
}

/**
 * Renderings under way, of all tenants and of one. Those that may wait for a network have room of their own: a registry
 * that stalls holds up neither who needs none, nor another tenant.
 */
const ROOM = { total: 8, perGroup: 2 } as const;

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60];

export interface RenderingOptions {
  kube: Kube;
  tools: ModuleTools;
  actor: ActorOptions;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  signal: AbortSignal;
  /** Of the resource: `Kind/namespace/name`. */
  onChanged: (key: string) => void;
}

export interface Rendering {
  modules: Modules;
  /** Whatever failed there is tried now: rights have been given. */
  retryNow(group: string): void;
  stop(): Promise<void>;
}

/** Modules to graphs, for every resource that comes from one. */
export function startRendering(options: RenderingOptions): Rendering {
  const { kube, tools, actor, clock, random, log, metrics, signal, onChanged } = options;
  const namespace = actor.systemNamespace;
  const { sources, renderer, policies } = tools;
  const system = { namespace, actor: actorOf(namespace, actor) };
  const pipeline = createPipeline({ kube, sources, renderer, policies, system });
  const rooms = { far: createSlots(ROOM), near: createSlots(ROOM) };
  const room: Room = ({ group, isFar }, ended, work) => rooms[isFar ? "far" : "near"].run(group, ended, work);
  const renderings = metrics.counter(
    "kubenova_renderings_total",
    "Modules looked at: rendered, unchanged since the last look, or failed",
  );
  const seconds = metrics.histogram(
    "kubenova_rendering_seconds",
    "From the first question to the source until the graph",
    BUCKETS,
  );
  const attempts = createAttempts({
    ...{ pipeline, room, clock, random, signal, onChanged },
    onFault: (key, error) => log.warn("a rendering broke off", { resource: key, error: errorText(error) }),
    count(result, ms) {
      renderings.inc({ result });
      seconds.observe(ms / 1_000, { result });
    },
  });
  const configMaps = createConfigMapWatches({
    ...{ kube, clock },
    onChanged: (key) => attempts.poke(key),
    onError: (error) =>
      log.warn("watch failed, will be resumed", { kind: "ConfigMap", error: errorText(error) }),
  });
  const installation = { namespace, policies };
  return {
    modules: createModules({ attempts, configMaps, held: createHeldNodes(), installation, clock }),
    retryNow: (group) => attempts.retryNow(group),
    stop: () => configMaps.stop(),
  };
}
