import { createEngine } from "../engine/index.ts";
import { aborted } from "../kube/abort.ts";
import { createEventRecorder } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { NO_TRACER } from "../tracing/tracer.ts";
import { untilAnswered } from "../until-answered.ts";
import { agentSubject } from "./agent-subject.ts";
import type { ControllerContext } from "./context.ts";
import { reconcile } from "./controller.ts";
import { graphOwners } from "./graph-owner.ts";
import { createHeldResources, resourceKey } from "./held-resources.ts";
import type { Kind } from "./kind.ts";
import { createKinds } from "./kinds.ts";
import { previewApp } from "./preview.ts";
import { graphNameOf } from "./render/app-kind.ts";
import { renderSource } from "./render/source.ts";
import { createRenderTraces } from "./render-traces.ts";
import { startRendering } from "./rendering/index.ts";
import type { NovaApp, NovaProject, Resource, ResourceKind } from "./resources.ts";
import { createWrittenGraphs } from "./same-graph.ts";
import { createTold } from "./told.ts";
import type { OperatorHandle, OperatorOptions } from "./types.ts";
import { viewGraph } from "./view.ts";
import { startWatches } from "./watches.ts";
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
    ...(options.lateRequestMs === undefined ? {} : { lateRequestMs: options.lateRequestMs }),
  });
  const traces = createRenderTraces(options.tracer ?? NO_TRACER, () => clock.monotonic());
  const failures = metrics.counter("kubenova_operator_errors_total", "Reconciliations that failed, by kind");
  const told = createTold(options.onStatus);
  let queue: WorkQueue | undefined;
  let forget: (resource: Resource) => void = () => {};

  const wake = (keys: Iterable<string>) => {
    for (const key of keys) queue?.add(key);
  };
  const resources = createHeldResources({
    clusterId,
    onChanged: (key) => queue?.add(key),
    onGone(resource) {
      forget(resource);
      traces.forget(resource);
      told.forget(resource);
      // A project may have waited for its last app.
      if (resource.kind === "NovaApp") wake(resources.keysWhere(({ kind }) => kind === "NovaProject"));
    },
  });
  const preview = (app: NovaApp, ended: AbortSignal) =>
    renderSource(app, { modules: rendering.modules, actor, signal: ended });
  const watches = startWatches({
    ...{ kube, clock, log, clusterId, resources },
    onNamespaceChanged: (name) => wake(resources.keysWhere(({ metadata }) => metadata.namespace === name)),
  });
  const { namespaces, appliers } = watches;
  const actor = {
    systemNamespace: namespace,
    ...(options.tools.platformAccount ? { platformAccount: options.tools.platformAccount } : {}),
  };
  const rendering = startRendering({
    ...{ kube, actor, clock, random, log, metrics, signal },
    tools: options.tools,
    onChanged: (key) => queue?.add(key),
  });
  const start = async () => {
    const patience = { log, clock, signal, retryMs: RETRY_MS };
    const whoAmI = untilAnswered(patience, "asking who the agent is failed, will be tried again", () =>
      agentSubject(kube, signal),
    );
    await Promise.all([engine.synced, watches.synced]);
    const agent = await whoAmI;
    const apps = () => resources.all().filter(({ kind }) => kind === "NovaApp") as NovaApp[];
    const { modules } = rendering;
    const kinds = createKinds({ engine, modules, appliers, namespaces, ...actor, agent, apps });
    const kindOf = (resource: Resource): Kind => kinds[resource.kind as ResourceKind];
    forget = (resource) => kindOf(resource).forget?.(resource);
    const ownerOf = graphOwners({ systemNamespace: namespace, resources, kindOf });
    const { record } = recorder;
    const ctx: ControllerContext = {
      ...{ kube, engine, namespaces, clock, signal, record, traces },
      onStatus: told.tell,
      observed: resources.observed,
      written: createWrittenGraphs(),
    };
    signal.throwIfAborted();
    const started = createWorkQueue({
      handle: async (key) => {
        const resource = resources.get(key);
        if (resource) await reconcile(ctx, kindOf(resource), resource);
      },
      onError(key, error) {
        failures.inc({ kind: key.slice(0, key.indexOf("/")) });
        log.info("reconciliation failed, will be tried again", { resource: key, error: errorText(error) });
      },
      ...{ workers: WORKERS, clock, random, signal },
    });
    queue = started;
    engine.on((graph, status) => {
      const owner = ownerOf(graph);
      if (owner) started.add(resourceKey(owner));
      // Rights have just been given: what was refused for want of them need not wait.
      if (owner?.kind === "NovaProject" && status?.phase === "Ready") {
        for (const one of (owner as NovaProject).spec.environments) engine.retryNow(one.namespace);
        rendering.retryNow((owner as NovaProject).spec.tenant);
      }
    });
    wake(resources.keysWhere(() => true));
  };
  const synced = start();
  const stopped = aborted(signal).then(async () => {
    await Promise.all([queue?.stop(), engine.stop(), rendering.stop(), watches.stop()]);
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
