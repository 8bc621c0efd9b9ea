import { FINALIZER } from "../../protocol/resources/common.ts";
import { auditIds } from "../engine/audit.ts";
import { type ActiveSpan, within } from "../tracing/tracer.ts";
import type { ControllerContext } from "./context.ts";
import { type Graph, graphOf, isOwnedBy, keyOf } from "./graph-object.ts";
import type { Kind } from "./kind.ts";
import { notWritten } from "./not-written.ts";
import { remove } from "./removal.ts";
import { patchFinalizers, setStatus } from "./resource-writes.ts";
import type { Resource } from "./resources.ts";
import { outcomeOf } from "./status.ts";

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
