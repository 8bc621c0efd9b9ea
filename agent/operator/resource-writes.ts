import { auditIds } from "../engine/audit.ts";
import { sameStatus } from "../engine/status.ts";
import { isKind, refOf } from "../kube/index.ts";
import type { ControllerContext } from "./context.ts";
import type { Kind, Status } from "./kind.ts";
import { type Resource, withoutManagedFields } from "./resources.ts";
import { documentStatus, type Outcome } from "./status.ts";

/** What a controller writes into the resource itself: its status, its finalizers. */

/** Tells the manager. */
export function report(ctx: ControllerContext, kind: Kind, resource: Resource, outcome: Outcome): Status {
  const now = new Date(ctx.clock.now()).toISOString();
  const status = kind.status(resource, outcome, now);
  const document = documentStatus(resource, status);
  if (document) ctx.onStatus(document);
  return status;
}

/** Tells the manager, and writes the status where it is another one. */
export async function setStatus(
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

/** @throws KubeError of kind conflict where the resource has changed since */
export async function patchFinalizers(
  ctx: ControllerContext,
  resource: Resource,
  finalizers: string[],
): Promise<Resource> {
  const { uid, resourceVersion } = resource.metadata;
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  return withoutManagedFields(await ctx.kube.patch(refOf(resource), patch, request(ctx, resource)));
}

/** Options of each request: whose it is, for the audit log. */
export const request = ({ signal }: ControllerContext, resource: Resource) => ({
  signal,
  auditId: auditIds(resource),
});

/** Undefined where the work fails so. */
export async function ignoring<T>(kind: "notFound", work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isKind(error, kind)) return undefined;
    throw error;
  }
}
