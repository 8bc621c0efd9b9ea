import { canonicalJson } from "../../domain/canonical/index.ts";
import { API_VERSION } from "../../domain/desired/index.ts";
import { clusterOf, isForeign } from "../../domain/desired/owner.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import { createEngine } from "../engine/index.ts";
import { isNewer } from "../engine/model.ts";
import { createEventRecorder, createReflector, objectKey, type Reflector } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { NO_TRACER } from "../tracing/tracer.ts";
import { agentSubject } from "./agent-subject.ts";
import { watchAppliers } from "./appliers.ts";
import type { ControllerContext } from "./context.ts";
import { reconcile } from "./controller.ts";
import { keyOf } from "./graph-object.ts";
import type { Kind } from "./kind.ts";
import { createKinds } from "./kinds.ts";
import { watchNamespaces } from "./namespaces.ts";
import { previewApp } from "./preview.ts";
import { graphNameOf } from "./render/app-kind.ts";
import { renderSource } from "./render/source.ts";
import { createRenderTraces } from "./render-traces.ts";
import { startRendering } from "./rendering/index.ts";
import {
  KINDS,
  type NovaApp,
  type NovaProject,
  type Resource,
  type ResourceKind,
  withoutManagedFields,
} from "./resources.ts";
import { createWrittenGraphs } from "./same-graph.ts";
import type { OperatorHandle, OperatorOptions } from "./types.ts";
import { viewGraph } from "./view.ts";
import { createWorkQueue, type WorkQueue } from "./workqueue.ts";

/** Enough to keep the client's 16 writes busy while others wait for an answer. */
const WORKERS = 24;
const RETRY_MS = 1_000;

/** The controllers of NovaTenant, NovaProject, NovaApp and Transform, over one engine. See types.ts. */
export function startOperator(options: OperatorOptions): OperatorHandle {
  const { kube, log, clock, metrics, signal, namespace, clusterId } = options;
  const random = Math.random;
  const recorder = createEventRecorder(kube, {
    reportingController: "kubenova.io/agent",
    reportingInstance: "kubenova-agent",
    defaultNamespace: namespace,
    clock,
    onError: (error) => log.debug("event not written", { error: errorText(error) }),
  });
  const engine = createEngine({
    ...{ kube, clock, random, metrics, signal },
    log: log.with({ part: "engine" }),
    systemNamespace: namespace,
    ...(clusterId ? { clusterId } : {}),
    record: recorder.record,
    ...(options.tracer ? { tracer: options.tracer } : {}),
  });
  const resources = new Map<string, Resource>();
  const reflectors: Reflector<Resource>[] = [];
  const told = new Map<string, string>();
  const traces = createRenderTraces(options.tracer ?? NO_TRACER, () => clock.monotonic());
  const failures = metrics.counter("kubenova_operator_errors_total", "Reconciliations that failed, by kind");
  let queue: WorkQueue | undefined;
  let forget: (resource: Resource) => void = () => {};

  const onStatus = (status: DocumentStatus) => {
    const text = canonicalJson(status);
    if (told.get(status.key) === text) return;
    told.set(status.key, text);
    options.onStatus([status]);
  };
  const observed = (resource: Resource) => {
    const key = resourceKey(resource);
    const held = resources.get(key);
    if (isForeign(clusterOf(resource.metadata.labels), clusterId)) return gone(resource);
    if (held && !isNewer(resource.metadata.resourceVersion, held.metadata.resourceVersion)) return;
    resources.set(key, resource);
    queue?.add(key);
  };
  const gone = (resource: Resource) => {
    const key = resourceKey(resource);
    if (resources.get(key)?.metadata.uid !== resource.metadata.uid) return;
    resources.delete(key);
    forget(resource);
    traces.forget(resource);
    told.delete(resource.metadata.annotations?.[ANNOTATION.key] ?? "");
    // A project may have waited for its last app.
    if (resource.kind === "NovaApp") wakeProjects();
  };
  const wakeProjects = () => {
    for (const [key, { kind }] of resources) if (kind === "NovaProject") queue?.add(key);
  };

  const preview = (app: NovaApp, ended: AbortSignal) =>
    renderSource(app, { modules: rendering.modules, actor, signal: ended });
  const wakeNamespace = (name: string) => {
    for (const [key, { metadata }] of resources) if (metadata.namespace === name) queue?.add(key);
  };
  const watchFailed = (kind: string) => (error: unknown) =>
    log.warn("watch failed, will be resumed", { kind, error: errorText(error) });
  const namespaces = watchNamespaces({
    ...{ kube, clock, clusterId },
    onChanged: wakeNamespace,
    onError: watchFailed("Namespace"),
  });
  const appliers = watchAppliers({
    ...{ kube, clock },
    onChanged: wakeNamespace,
    onError: watchFailed("ServiceAccount"),
  });
  const actor = {
    systemNamespace: namespace,
    ...(options.tools.platformAccount ? { platformAccount: options.tools.platformAccount } : {}),
  };
  const rendering = startRendering({
    ...{ kube, actor, clock, random, log, metrics, signal },
    tools: options.tools,
    onChanged: (key) => queue?.add(key),
  });
  const watch = (kind: ResourceKind) => {
    const reflector = createReflector<Resource>(kube, {
      type: { apiVersion: API_VERSION, kind },
      transform: withoutManagedFields,
      clock,
      onError: watchFailed(kind),
    });
    reflector.on({ added: observed, updated: observed, deleted: gone });
    reflectors.push(reflector);
    return reflector.synced;
  };
  const start = async () => {
    const whoAmI = persist(() => agentSubject(kube, signal));
    await Promise.all([engine.synced, namespaces.synced, appliers.synced, ...KINDS.map(watch)]);
    const agent = await whoAmI;
    const apps = () => [...resources.values()].filter(({ kind }) => kind === "NovaApp") as NovaApp[];
    const { modules } = rendering;
    const kinds = createKinds({ engine, modules, appliers, namespaces, ...actor, agent, apps });
    forget = (resource) => kinds[resource.kind as ResourceKind].forget?.(resource);
    const owners = (): Map<string, string> =>
      new Map([...resources].map(([key, one]) => [keyOf(kinds[one.kind as ResourceKind], one), key]));
    const { record } = recorder;
    const ctx: ControllerContext = {
      ...{ kube, engine, namespaces, clock, signal, onStatus, record, observed, traces },
      written: createWrittenGraphs(),
    };
    signal.throwIfAborted();
    const started = createWorkQueue({
      handle: async (key) => {
        const resource = resources.get(key);
        if (resource) await reconcile(ctx, kinds[resource.kind as ResourceKind] as Kind, resource);
      },
      onError(key, error) {
        failures.inc({ kind: key.slice(0, key.indexOf("/")) });
        log.info("reconciliation failed, will be tried again", { resource: key, error: errorText(error) });
      },
      ...{ workers: WORKERS, clock, random, signal },
    });
    queue = started;
    engine.on((graph, status) => {
      const key = ownerKeyOf(graph, namespace);
      if (key && resources.has(key)) started.add(key);
      else if (key === undefined) started.add(owners().get(graph) ?? "");
      const owner = key ? resources.get(key) : undefined;
      // Rights have just been given: what was refused for want of them need not wait.
      if (owner?.kind === "NovaProject" && status?.phase === "Ready") {
        for (const one of (owner as NovaProject).spec.environments) engine.retryNow(one.namespace);
        rendering.retryNow((owner as NovaProject).spec.tenant);
      }
    });
    for (const key of resources.keys()) started.add(key);
  };
  /** The API server may be away while we start. */
  const persist = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        log.warn("asking who the agent is failed, will be tried again", { error: errorText(error) });
        await clock.sleep(RETRY_MS, signal);
      }
    }
  };
  const synced = start();
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const stopped = aborted.then(async () => {
    await Promise.all([
      queue?.stop(),
      engine.stop(),
      namespaces.stop(),
      appliers.stop(),
      rendering.stop(),
      ...reflectors.map((one) => one.stop()),
    ]);
    await synced.catch(() => {});
    await queue?.stop();
    await recorder.close();
  });

  return {
    synced,
    stopped,
    stats: () => ({ graphs: engine.stats().graphs, queued: queue?.size ?? 0 }),
    render: (app, abort) => previewApp({ engine, render: preview }, app, abort),
    view: (place, name) => viewGraph(engine, `${place}/${graphNameOf(name)}`),
  };
}

const resourceKey = (resource: Resource): string => `${resource.kind}/${objectKey(resource)}`;

/** The resource that a graph of this name comes from. */
function ownerKeyOf(graph: string, systemNamespace: string): string | undefined {
  const slash = graph.indexOf("/");
  const namespace = graph.slice(0, slash);
  const name = graph.slice(slash + 1);
  if (name.startsWith("transform-")) return `Transform/${namespace}/${name.slice("transform-".length)}`;
  if (name.startsWith("app-")) return `NovaApp/${namespace}/${name.slice("app-".length)}`;
  if (namespace !== systemNamespace) return undefined;
  if (name.startsWith("project-")) return `NovaProject/${name.slice("project-".length)}`;
  return name.startsWith("tenant-") ? `NovaTenant/${name.slice("tenant-".length)}` : undefined;
}
