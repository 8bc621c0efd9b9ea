import { type Agent, startAgent } from "../../agent/agent.ts";
import type { Config } from "../../agent/config.ts";
import { modulesConfig } from "../../agent/config-modules.ts";
import { createReflector, isKind, type Kube, type LiveObject } from "../../agent/kube/index.ts";
import { createLogger, silentLogger } from "../../agent/log.ts";
import type { OperatorHandle, OperatorOptions } from "../../agent/operator/types.ts";
import type { TermOptions } from "../../agent/term.ts";
import { API_VERSION } from "../../domain/desired/index.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import { customResourceDefinitions } from "../../protocol/resources/crds.ts";
import { until } from "../lib/until.ts";
import type { TestEdge } from "./edge.ts";

export const JOIN_TOKEN = `jtk_${"0".repeat(26)}.${"s".repeat(32)}`;

/** An agent in this process, against a real API server; without controllers unless they are given. */
export interface RunningAgent extends Agent {
  log: Record<string, unknown>[];
  get(path: string): Promise<{ status: number; text: string }>;
}

export interface RunOptions {
  edge: TestEdge;
  kubeconfig: string;
  namespace: string;
  config?: Partial<Config>;
  startOperator?: TermOptions["startOperator"];
}

export async function runAgent(options: RunOptions): Promise<RunningAgent> {
  const { edge, kubeconfig, namespace } = options;
  edge.tokens.add(JOIN_TOKEN);
  const lines: Record<string, unknown>[] = [];
  const log = process.env.AGENT_LOG
    ? createLogger({ level: "debug", write: (line) => process.stderr.write(line), now: () => Date.now() })
    : { ...silentLogger, ...collecting(lines) };
  const agent = await startAgent({
    config: {
      managerUrl: edge.url,
      joinToken: JOIN_TOKEN,
      mode: "manage",
      namespace,
      podName: "test",
      logLevel: "info",
      http: { host: "127.0.0.1", port: 0 },
      serviceDial: "api-server",
      closedNamespaces: ["kube-system"],
      keyRotationDays: 0,
      modules: modulesConfig({}, () => ""),
      ...options.config,
    },
    log,
    kubeconfig,
    startOperator: options.startOperator ?? noOperator,
  });
  return {
    ...agent,
    log: lines,
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${agent.port}${path}`);
      return { status: response.status, text: await response.text() };
    },
  };
}

function collecting(lines: Record<string, unknown>[]) {
  const write = (level: string) => (message: string, fields?: object) =>
    void lines.push({ level, message, ...fields });
  const logger = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: () => logger,
  };
  return logger;
}

/** What an operator without a graph says. */
export const idleOperator: Pick<OperatorHandle, "stats" | "render" | "view"> = {
  stats: () => ({ graphs: 0, queued: 0 }),
  render: () => Promise.reject(new Error("nothing is rendered here")),
  view: async () => undefined,
};

/** In place of the controllers: makes nothing, so it has nothing to remove before a resource may go. */
function noOperator({ kube, signal }: OperatorOptions) {
  const letGo = ({ apiVersion, kind, metadata }: LiveObject) => {
    if (!metadata.deletionTimestamp || !metadata.finalizers?.includes(FINALIZER)) return;
    const finalizers = metadata.finalizers.filter((one) => one !== FINALIZER);
    const ref = { apiVersion, kind, name: metadata.name, ...optional(metadata.namespace) };
    // Gone meanwhile, or changed: then the watch brings it again.
    kube.patch(ref, { metadata: { uid: metadata.uid, finalizers } }, { signal }).catch(() => {});
  };
  const reflectors = ["NovaTenant", "NovaProject", "NovaApp"].map((kind) =>
    createReflector(kube, { type: { apiVersion: API_VERSION, kind } }),
  );
  for (const reflector of reflectors) reflector.on({ added: letGo, updated: letGo });
  return {
    synced: Promise.resolve(),
    stopped: new Promise<void>((resolve) => {
      const stop = () => void Promise.all(reflectors.map((one) => one.stop())).then(() => resolve());
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop);
    }),
    ...idleOperator,
  };
}

const optional = (namespace: string | undefined) => (namespace ? { namespace } : {});

/** The definitions of our kinds, served. */
export async function installDefinitions(kube: Kube): Promise<void> {
  for (const definition of customResourceDefinitions()) {
    await kube.apply(definition as unknown as Parameters<Kube["apply"]>[0], { force: true });
  }
  await until("the kinds are served", async () => {
    const types = await kube.resourceTypes({ refresh: true });
    return ["NovaTenant", "NovaProject", "NovaApp"].every((kind) => types.some((type) => type.kind === kind));
  });
}

/** Removes every custom resource of these kinds, finalizers and all. */
export async function removeAll(kube: Kube): Promise<void> {
  for (const kind of ["NovaApp", "NovaProject", "NovaTenant"]) {
    const type = { apiVersion: "kubenova.io/v1alpha1", kind };
    const { items } = await kube.list(type);
    for (const { metadata } of items) {
      const ref = {
        ...type,
        name: metadata.name,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      };
      try {
        if (metadata.finalizers?.length) await kube.patch(ref, { metadata: { finalizers: null } });
        await kube.delete(ref);
      } catch (error) {
        if (!isKind(error, "notFound")) throw error;
      }
    }
  }
}
