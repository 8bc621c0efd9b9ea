import { type Identity, isKind, type LiveObject, type ResourceType } from "../kube/index.ts";
import type { EngineContext } from "./context.ts";

/** Nobody here may list that kind. */
export const UNREADABLE = Symbol("unreadable");

const PAGE = 500;
const ONLY_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

export interface Listing {
  /** Without it: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  /** Which of them count; all where it is left out. */
  keep?: (object: LiveObject) => boolean;
  /** It stops after the page on which it has found more. */
  max: number;
  as: Identity | undefined;
}

export interface Listed {
  items: LiveObject[];
  /** Who applies may list them too, so that they may be named to the graph. */
  isOpen: boolean;
}

/** The metadata of all objects of a kind, consistent: with the rights of `as`, else with the agent's own. */
export async function listMetadata(
  ctx: Pick<EngineContext, "kube" | "signal">,
  type: ResourceType,
  listing: Listing,
): Promise<Listed | typeof UNREADABLE> {
  for (const who of listing.as ? [listing.as, undefined] : [undefined]) {
    try {
      return { items: await pages(ctx, type, { ...listing, as: who }), isOpen: who === listing.as };
    } catch (error) {
      // A kind that went meanwhile, or is served by nobody, has no objects that could be asked for.
      if (isKind(error, "notFound", "noSuchKind")) return { items: [], isOpen: true };
      if (!isKind(error, "forbidden")) throw error;
    }
  }
  return UNREADABLE;
}

interface Page {
  metadata?: { continue?: string };
  /** Go writes an empty list as null. */
  items?: LiveObject[] | null;
}

async function pages(
  { kube, signal }: Pick<EngineContext, "kube" | "signal">,
  type: ResourceType,
  { namespace, labelSelector, keep = () => true, max, as }: Listing,
): Promise<LiveObject[]> {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const path = `${root}${namespace ? `/namespaces/${namespace}` : ""}/${type.resource}`;
  const found: LiveObject[] = [];
  let token = "";
  do {
    const answer = await kube.request({
      path,
      query: {
        limit: PAGE,
        ...(labelSelector ? { labelSelector } : {}),
        ...(token ? { continue: token } : {}),
      },
      headers: { Accept: ONLY_METADATA },
      metric: { verb: "list", resource: type.resource },
      signal,
      ...(as ? { as } : {}),
    });
    const { metadata, items } = JSON.parse(answer.body.toString()) as Page;
    for (const item of items ?? [])
      if (keep(item)) found.push({ ...item, apiVersion: type.apiVersion, kind: type.kind });
    token = metadata?.continue ?? "";
  } while (token && found.length <= max);
  return found;
}

/** Each resource once, in the version that discovery names first. */
export function listable(types: readonly ResourceType[]): ResourceType[] {
  const once = new Map<string, ResourceType>();
  for (const type of types)
    if (type.verbs.includes("list") && !once.has(nameOfType(type))) once.set(nameOfType(type), type);
  return [...once.values()];
}

export const nameOfType = ({ resource, group }: ResourceType): string =>
  group ? `${resource}.${group}` : resource;
