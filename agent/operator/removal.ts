import { ANNOTATION } from "../../domain/names/labels.ts";
import { FINALIZER } from "../../protocol/resources/common.ts";
import { type KubeObject, refOf } from "../kube/index.ts";
import type { ControllerContext } from "./context.ts";
import { isOwnedBy, keyOf } from "./graph-object.ts";
import type { Kind } from "./kind.ts";
import { ignoring, patchFinalizers, report, request, setStatus } from "./resource-writes.ts";
import type { Resource } from "./resources.ts";
import { outcomeOf } from "./status.ts";

/** The graph goes first, with all that it made; it takes the finalizer off when it has gone. */
export async function remove(ctx: ControllerContext, kind: Kind, resource: Resource): Promise<void> {
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
