import { API_VERSION } from "../../domain/desired/index.ts";
import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import { FINALIZER, GROUP } from "../../protocol/resources/common.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import { auditIds } from "../engine/audit.ts";
import type { SeenGraph } from "../engine/context.ts";
import type { Engine } from "../engine/index.ts";
import { sameStatus } from "../engine/status.ts";
import { type Clock, type EventInput, isKind, type Kube, type KubeObject, refOf } from "../kube/index.ts";
import { type ActiveSpan, within } from "../tracing/tracer.ts";
import type { Namespaces } from "./namespaces.ts";
import { notWritten } from "./not-written.ts";
import type { RenderTraces } from "./render-traces.ts";
import { type Resource, withoutManagedFields } from "./resources.ts";
import type { WrittenGraphs } from "./same-graph.ts";
import { documentStatus, type Outcome, outcomeOf } from "./status.ts";

/** What is particular to one kind of resource. */
export interface Kind {
  graphOf(resource: Resource): { namespace: string; name: string };
  /** `live`: the graph as it is now. */
  render(resource: Resource, live: SeenGraph | undefined): Rendering;
  /** The graph has been written as it was rendered. */
  wrote?(resource: Resource, live: SeenGraph): void;
  /** The resource's status; times stay where what they speak of did not change. */
  status(resource: Resource, outcome: Outcome, now: string): Status;
  /** What people are to read in its events when its status becomes that. */
  news?(resource: Resource, status: Status): News[];
  /** Why its deletion has to wait; undefined: it need not. */
  holdDeletion(resource: Resource): string | undefined;
  /** It is being deleted, or has gone: what is kept in memory for it goes. */
  forget?(resource: Resource): void;
}

/** The graph that a resource is to become; or that it stays as it is, and what the status says then, if anything new. */
export type Rendering = { spec: ResourceGraphSpec } | { outcome?: Outcome };

export type Status = NonNullable<Resource["status"]>;
export type News = Pick<EventInput, "type" | "reason" | "action" | "note">;

export interface ControllerContext {
  kube: Kube;
  engine: Engine;
  namespaces: Pick<Namespaces, "foreign">;
  clock: Clock;
  signal: AbortSignal;
  onStatus: (status: DocumentStatus) => void;
  record: (event: EventInput) => void;
  traces: RenderTraces;
  written: WrittenGraphs;
  /** Takes the answer to a write, before the watch brings it. */
  observed: (resource: Resource) => void;
}

/** Brings one resource's graph to what the resource says, and the resource's status to what the graph says. */
export async function reconcile(ctx: ControllerContext, kind: Kind, resource: Resource): Promise<void> {
  if (resource.metadata.deletionTimestamp) return remove(ctx, kind, resource);
  if (!resource.metadata.finalizers?.includes(FINALIZER)) {
    const finalizers = [...(resource.metadata.finalizers ?? []), FINALIZER];
    return ctx.observed(await patchFinalizers(ctx, resource, finalizers));
  }
  const key = keyOf(kind, resource);
  const live = ctx.engine.get(key);
  const taken = takenBy(ctx, key, resource);
  if (taken) {
    const message = `${taken.what} belongs to the cluster ${taken.by} of another control plane`;
    return setStatus(ctx, kind, resource, { phase: "Failed", reason: "NameTaken", message });
  }
  if (live?.metadata.deletionTimestamp) return;
  if (live && !isOwnedBy(live, resource)) {
    const message = `a ResourceGraph ${live.metadata.name} is there already and belongs to something else`;
    return setStatus(ctx, kind, resource, { phase: "Failed", reason: "NameTaken", message });
  }
  const span = ctx.traces.of(resource);
  const rendering = kind.render(resource, live);
  // The graph of before says nothing of what is asked for now.
  if (!("spec" in rendering))
    return rendering.outcome ? setStatus(ctx, kind, resource, rendering.outcome) : undefined;
  try {
    await write(ctx, kind, resource, graphOf(kind, resource, rendering.spec, span), span);
  } catch (error) {
    const outcome = ctx.signal.aborted ? undefined : notWritten(error, key, live !== undefined);
    // Why it was not written counts, whatever becomes of saying so.
    if (outcome) await setStatus(ctx, kind, resource, outcome).catch(() => {});
    throw error;
  }
  const status = ctx.engine.status(key);
  const current = ctx.engine.get(key);
  // An older answer would speak of what is no longer asked for; the newer one wakes us.
  if (status && status.observedGeneration === current?.metadata.generation)
    await setStatus(ctx, kind, resource, outcomeOf(status));
}

async function write(
  ctx: ControllerContext,
  kind: Kind,
  resource: Resource,
  graph: Graph,
  span: ActiveSpan | undefined,
): Promise<void> {
  const key = keyOf(kind, resource);
  const live = ctx.engine.get(key);
  if (live && ctx.written.isAsMeant(key, live, graph)) return kind.wrote?.(resource, live);
  ctx.traces.rendered(resource);
  const writing = span?.child(`write ResourceGraph ${graph.metadata.name}`, {}, "client");
  const { generation, resourceVersion } = await within(writing, () =>
    ctx.engine.apply(graph, auditIds(resource)),
  );
  const now = ctx.engine.get(key);
  // What somebody made of it since is not what was meant.
  if (now?.metadata.resourceVersion === resourceVersion) ctx.written.wrote(key, now, graph);
  if (now && now.metadata.generation === generation) kind.wrote?.(resource, now);
}

/** What of another control plane's stands in the way of a resource's graph. */
function takenBy(
  { engine, namespaces }: ControllerContext,
  key: string,
  { metadata: { namespace } }: Resource,
): { what: string; by: string } | undefined {
  const graph = engine.foreign(key);
  if (graph) return { what: `the ResourceGraph ${key}`, by: graph };
  const owner = namespace === undefined ? undefined : namespaces.foreign(namespace);
  return owner ? { what: `the namespace ${namespace}`, by: owner } : undefined;
}

/** The graph goes first, with all that it made; it takes the finalizer off when it has gone. */
async function remove(ctx: ControllerContext, kind: Kind, resource: Resource): Promise<void> {
  const { finalizers = [] } = resource.metadata;
  kind.forget?.(resource);
  if (!finalizers.includes(FINALIZER)) return;
  const hold = kind.holdDeletion(resource);
  if (hold) return setStatus(ctx, kind, resource, { phase: "Deleting", message: hold });
  const key = keyOf(kind, resource);
  const graph = ctx.engine.get(key);
  if (graph && isOwnedBy(graph, resource)) {
    if (!graph.metadata.deletionTimestamp) await removeGraph(ctx, graph, resource);
    const status = ctx.engine.status(key);
    // Told at once; written only when it lasts, which the engine's own status says.
    if (status?.phase === "Deleting") return setStatus(ctx, kind, resource, outcomeOf(status));
    report(ctx, kind, resource, { phase: "Deleting" });
    return;
  }
  ctx.written.forget(key);
  const rest = finalizers.filter((one) => one !== FINALIZER);
  await ignoring("notFound", patchFinalizers(ctx, resource, rest));
}

/** What deletes the graph's objects reads in the graph whose request that is. */
async function removeGraph(ctx: ControllerContext, graph: KubeObject, resource: Resource): Promise<void> {
  const { uid, annotations } = graph.metadata;
  const correlation = resource.metadata.annotations?.[ANNOTATION.correlation];
  if (correlation && annotations?.[ANNOTATION.correlation] !== correlation) {
    const metadata = { uid, annotations: { [ANNOTATION.correlation]: correlation } };
    await ignoring("notFound", ctx.kube.patch(refOf(graph), { metadata }, request(ctx, resource)));
  }
  const preconditions = { uid };
  await ignoring("notFound", ctx.kube.delete(refOf(graph), { preconditions, ...request(ctx, resource) }));
}

/** Tells the manager. */
function report(ctx: ControllerContext, kind: Kind, resource: Resource, outcome: Outcome) {
  const now = new Date(ctx.clock.now()).toISOString();
  const status = kind.status(resource, outcome, now);
  const document = documentStatus(resource, status);
  if (document) ctx.onStatus(document);
  return status;
}

async function setStatus(
  ctx: ControllerContext,
  kind: Kind,
  resource: Resource,
  outcome: Outcome,
): Promise<void> {
  const status = report(ctx, kind, resource, outcome);
  if (sameStatus(status, resource.status)) return;
  const patch = [
    { op: "test", path: "/metadata/uid", value: resource.metadata.uid },
    { op: "add", path: "/status", value: status },
  ];
  const options = { type: "json", subresource: "status", ...request(ctx, resource) } as const;
  const written = await ignoring("notFound", ctx.kube.patch(refOf(resource), patch, options));
  if (!written) return;
  ctx.observed(withoutManagedFields(written));
  for (const one of kind.news?.(resource, status) ?? []) ctx.record({ ...one, regarding: resource });
}

export const keyOf = (kind: Kind, resource: Resource): string => {
  const { namespace, name } = kind.graphOf(resource);
  return `${namespace}/${name}`;
};

type Graph = KubeObject & { spec: ResourceGraphSpec };

function graphOf(
  kind: Kind,
  resource: Resource,
  spec: ResourceGraphSpec,
  span: ActiveSpan | undefined,
): Graph {
  const { uid, name } = resource.metadata;
  const correlation = resource.metadata.annotations?.[ANNOTATION.correlation];
  const reconcileAt = resource.metadata.annotations?.[ANNOTATION.reconcileAt];
  const lineage = lineageOf(resource);
  const annotations = {
    ...(correlation ? { [ANNOTATION.correlation]: correlation } : {}),
    ...(span ? { [ANNOTATION.traceparent]: span.traceparent } : {}),
    ...(lineage ? { [ANNOTATION.lineage]: lineage } : {}),
    ...(reconcileAt ? { [ANNOTATION.reconcileAt]: reconcileAt } : {}),
  };
  return {
    apiVersion: API_VERSION,
    kind: "ResourceGraph",
    metadata: {
      ...kind.graphOf(resource),
      labels: { ...spec.labels, [LABEL.managedBy]: MANAGER },
      annotations,
      finalizers: [FINALIZER],
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: resource.kind,
          name,
          uid,
          controller: true,
          blockOwnerDeletion: false,
        },
      ],
    },
    spec,
  };
}

/** What a resource is, whatever its name: the document of a control plane that it was written from. */
function lineageOf({ metadata: { labels, annotations } }: Resource): string | undefined {
  const cluster = labels?.[LABEL.cluster];
  const key = annotations?.[ANNOTATION.key];
  return cluster && key ? `${cluster}/${key}` : undefined;
}

const isOwnedBy = (graph: KubeObject, { kind, metadata }: Resource): boolean =>
  (graph.metadata.ownerReferences ?? []).some(
    (owner) =>
      owner.apiVersion.startsWith(`${GROUP}/`) && owner.kind === kind && owner.name === metadata.name,
  );

async function patchFinalizers(
  ctx: ControllerContext,
  resource: Resource,
  finalizers: string[],
): Promise<Resource> {
  const { uid, resourceVersion } = resource.metadata;
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  return withoutManagedFields(await ctx.kube.patch(refOf(resource), patch, request(ctx, resource)));
}

const request = ({ signal }: ControllerContext, resource: Resource) => ({
  signal,
  auditId: auditIds(resource),
});

async function ignoring<T>(kind: "notFound", work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isKind(error, kind)) return undefined;
    throw error;
  }
}
