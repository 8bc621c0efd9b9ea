import type { Identity, LiveObject } from "../kube/index.ts";
import { atOnce } from "./at-once.ts";
import type { EngineContext } from "./context.ts";
import type { Held } from "./inventory.ts";
import { listable, listMetadata, nameOfType, UNREADABLE } from "./listing.ts";

type Context = Pick<EngineContext, "kube" | "signal">;

/** What a namespace may hold at most to be looked through, and requests at once. */
const MAX_OBJECTS = 2_000;
const AT_ONCE = 6;
/** What Kubernetes itself puts into each namespace, or derives from others. */
const DERIVED_KINDS = new Set(["Event", "Endpoints", "EndpointSlice", "Lease", "PodMetrics"]);
/** The agent sees them; whose graph it is may not. */
const CLOSED = "objects that the graph's applier may not list";
const DEFAULTS = new Set(["ServiceAccount/default", "ConfigMap/kube-root-ca.crt"]);

/**
 * Why a namespace or a definition that left its graph cannot go without taking along what is not the graph's; undefined:
 * nothing speaks against it. What comes in between the answer and the deletion is not seen: nothing in Kubernetes can.
 *
 * @param gone UIDs that this removal has deleted: what they own is on its way out too
 */
export async function whyNeeded(
  ctx: Context,
  { ref }: Pick<Held, "ref">,
  as: Identity | undefined,
  gone: ReadonlySet<string>,
): Promise<string | undefined> {
  if (ref.apiVersion === "v1" && ref.kind === "Namespace") return othersIn(ctx, ref.name, as, gone);
  if (ref.apiVersion.startsWith("apiextensions.k8s.io/") && ref.kind === "CustomResourceDefinition")
    return instancesOf(ctx, ref.name, as);
  return undefined;
}

async function othersIn(
  ctx: Context,
  namespace: string,
  as: Identity | undefined,
  gone: ReadonlySet<string>,
): Promise<string | undefined> {
  const types = listable(await ctx.kube.resourceTypes({ refresh: true })).filter((type) => type.namespaced);
  const found: LiveObject[] = [];
  const open = new Set<LiveObject>();
  const unread: string[] = [];
  await atOnce(AT_ONCE, types, async (type) => {
    if (found.length > MAX_OBJECTS) return;
    const listed = await listMetadata(ctx, type, { namespace, max: MAX_OBJECTS, as });
    if (listed === UNREADABLE) return void unread.push(nameOfType(type));
    found.push(...listed.items);
    if (listed.isOpen) for (const item of listed.items) open.add(item);
  });
  if (found.length > MAX_OBJECTS) return `it holds more than ${MAX_OBJECTS} objects`;
  const others = othersAmong(found, gone);
  const named = others.filter((one) => open.has(one));
  if (named.length > 0) return `it still holds ${shown(named, others.length)}, which did not leave with it`;
  if (others.length > 0) return `it still holds ${CLOSED}, which did not leave with it`;
  if (unread.length > 0)
    return `it may hold objects that nobody here may list: ${unread.slice(0, 5).join(", ")}`;
  return undefined;
}

/** Objects that neither Kubernetes makes by itself, nor somebody who is here too owns, nor are on their way out. Pure. */
export function othersAmong(objects: readonly LiveObject[], gone: ReadonlySet<string>): LiveObject[] {
  const here = new Set([...objects.map(({ metadata }) => metadata.uid), ...gone]);
  return objects.filter(({ kind, metadata }) => {
    if (metadata.deletionTimestamp || DERIVED_KINDS.has(kind)) return false;
    if (DEFAULTS.has(`${kind}/${metadata.name}`) || isTokenOfDefault(kind, metadata)) return false;
    return !metadata.ownerReferences?.some(({ uid }) => here.has(uid));
  });
}

const isTokenOfDefault = (kind: string, { annotations }: LiveObject["metadata"]): boolean =>
  kind === "Secret" && annotations?.["kubernetes.io/service-account.name"] === "default";

async function instancesOf(
  ctx: Context,
  definition: string,
  as: Identity | undefined,
): Promise<string | undefined> {
  const dot = definition.indexOf(".");
  const [resource, group] = [definition.slice(0, dot), definition.slice(dot + 1)];
  const types = listable(await ctx.kube.resourceTypes({ refresh: true }));
  const type = types.find((one) => one.group === group && one.resource === resource);
  // Not served: it never was established, so that it cannot have any.
  if (!type) return undefined;
  const listed = await listMetadata(ctx, type, { max: MAX_OBJECTS, as });
  if (listed === UNREADABLE) return `it may have instances, which nobody here may list`;
  const left = listed.items.filter(({ metadata }) => !metadata.deletionTimestamp);
  if (left.length === 0) return undefined;
  return `it still has instances: ${listed.isOpen ? shown(left, left.length) : CLOSED}`;
}

function shown(objects: readonly LiveObject[], total: number): string {
  const names = objects
    .slice(0, 3)
    .map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace ? `${namespace}/` : ""}${name}`);
  return names.join(", ") + (total > names.length ? ` and ${total - names.length} more` : "");
}
