import { canonicalJson } from "../../domain/canonical/index.ts";
import { API_VERSION } from "../../domain/desired/index.ts";
import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import { FINALIZER, GROUP } from "../../protocol/resources/common.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import { auditIds } from "../engine/audit.ts";
import type { Engine } from "../engine/index.ts";
import { sameStatus } from "../engine/status.ts";
import { type Clock, isKind, type Kube, type KubeObject, refOf } from "../kube/index.ts";
import type { Namespaces } from "./namespaces.ts";
import { type Resource, withoutManagedFields } from "./resources.ts";
import { documentStatus, type Outcome, outcomeOf, renderedStatus } from "./status.ts";

/** What is particular to one kind of resource. */
export interface Kind {
  graphOf(resource: Resource): { namespace: string; name: string };
  render(resource: Resource): ResourceGraphSpec;
  /** Why its deletion has to wait; undefined: it need not. */
  holdDeletion(resource: Resource): string | undefined;
}

export interface ControllerContext {
  kube: Kube;
  engine: Engine;
  namespaces: Pick<Namespaces, "foreign">;
  clock: Clock;
  signal: AbortSignal;
  onStatus: (status: DocumentStatus) => void;
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
  const graph = graphOf(kind, resource);
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
  if (!live || !isSameGraph(live, graph)) await ctx.engine.apply(graph, auditIds(resource));
  const status = ctx.engine.status(key);
  const current = ctx.engine.get(key);
  // An older answer would speak of what is no longer asked for; the newer one wakes us.
  if (status && status.observedGeneration === current?.metadata.generation)
    await setStatus(ctx, kind, resource, outcomeOf(status));
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
  const status = renderedStatus(resource, kind.graphOf(resource), outcome, now);
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
  if (written) ctx.observed(withoutManagedFields(written));
}

export const keyOf = (kind: Kind, resource: Resource): string => {
  const { namespace, name } = kind.graphOf(resource);
  return `${namespace}/${name}`;
};

function graphOf(kind: Kind, resource: Resource): KubeObject & { spec: ResourceGraphSpec } {
  const spec = kind.render(resource);
  const { uid, name } = resource.metadata;
  const correlation = resource.metadata.annotations?.[ANNOTATION.correlation];
  const lineage = lineageOf(resource);
  const annotations = {
    ...(correlation ? { [ANNOTATION.correlation]: correlation } : {}),
    ...(lineage ? { [ANNOTATION.lineage]: lineage } : {}),
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

/** A correlation id that changed alone is no reason to write. */
function isSameGraph(live: KubeObject, wanted: KubeObject): boolean {
  const essence = ({ metadata: { labels, annotations, ownerReferences }, spec }: KubeObject) =>
    canonicalJson({ labels, lineage: annotations?.[ANNOTATION.lineage] ?? null, ownerReferences, spec });
  return essence(live) === essence(wanted);
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
