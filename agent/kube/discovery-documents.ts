import { type Core, parseAnswer } from "./core.ts";
import { KubeError } from "./errors.ts";
import type { ResourceType, TypeRef } from "./objects.ts";

/** Aggregated discovery: two requests for everything (v2 since Kubernetes 1.30). */
const ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.1";

interface DiscoveredResource {
  resource: string;
  responseKind?: { group?: string; version?: string; kind?: string };
  scope: "Namespaced" | "Cluster";
  verbs: string[];
  subresources?: { subresource: string }[];
}

export interface GroupDiscoveryList {
  kind?: string;
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; freshness?: string; resources?: DiscoveredResource[] }[];
  }[];
}

/** What the discovery documents say that there is. */
export interface Kinds {
  byType: Map<string, ResourceType>;
  /** `group/version` whose server did not answer discovery: a kind missing there may well exist. */
  stale: Set<string>;
}

/** @throws KubeError where the API server is too old */
export async function fetchGroups(core: Core, path: string): Promise<GroupDiscoveryList> {
  const call = {
    method: "GET",
    path,
    headers: { Accept: ACCEPT },
    verb: "discovery",
    resource: "",
    repeatable: true,
  };
  const list = parseAnswer<GroupDiscoveryList>(await core.call(call, {}));
  if (list.kind === "APIGroupDiscoveryList") return list;
  const init = { kind: "invalid", status: 0, reason: "Unsupported" } as const;
  throw new KubeError(
    "the API server does not serve aggregated discovery v2 (Kubernetes 1.30 or later is needed)",
    init,
  );
}

/** Pure: the kinds in both discovery documents. */
export function readGroups(lists: readonly GroupDiscoveryList[]): Kinds {
  const byType = new Map<string, ResourceType>();
  const stale = new Set<string>();
  for (const group of lists.flatMap((list) => list.items ?? [])) {
    const name = group.metadata?.name ?? "";
    for (const version of group.versions ?? []) {
      const apiVersion = name ? `${name}/${version.version}` : version.version;
      if (version.freshness === "Stale") stale.add(apiVersion);
      for (const resource of version.resources ?? []) {
        const type = resourceType(name, version.version, apiVersion, resource);
        if (type && !byType.has(typeKey(type))) byType.set(typeKey(type), type);
      }
    }
  }
  return { byType, stale };
}

function resourceType(
  group: string,
  version: string,
  apiVersion: string,
  found: DiscoveredResource,
): ResourceType | undefined {
  // A resource that only carries subresources of others has no kind of its own.
  if (!found.responseKind?.kind) return undefined;
  return {
    group,
    version,
    apiVersion,
    kind: found.responseKind.kind,
    resource: found.resource,
    namespaced: found.scope === "Namespaced",
    verbs: found.verbs,
    subresources: (found.subresources ?? []).map((sub) => sub.subresource),
  };
}

/** Of {@link Kinds.byType}. */
export function typeKey(type: TypeRef): string {
  return `${type.apiVersion}/${type.kind}`;
}
