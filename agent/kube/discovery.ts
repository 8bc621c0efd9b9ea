import type { Clock } from "./clock.ts";
import { type Core, parseAnswer } from "./core.ts";
import { KubeError } from "./errors.ts";
import { groupKind } from "./names.ts";
import type { ResourceType, TypeRef } from "./objects.ts";

/** Aggregated discovery: two requests for everything (v2 since Kubernetes 1.30). */
const ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.1";

/** Many objects of a missing kind at once ask the server once a second together, not once each. */
const REFRESH_MIN_MS = 1_000;

interface DiscoveredResource {
  resource: string;
  responseKind?: { group?: string; version?: string; kind?: string };
  scope: "Namespaced" | "Cluster";
  verbs: string[];
  subresources?: { subresource: string }[];
}

interface GroupDiscoveryList {
  kind?: string;
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; freshness?: string; resources?: DiscoveredResource[] }[];
  }[];
}

export interface Discovery {
  resolve(type: TypeRef): Promise<ResourceType>;
  all(refresh: boolean): Promise<readonly ResourceType[]>;
  /** A request found no handler for this kind: what the cache says is not true any more. */
  forget(type: TypeRef): void;
}

interface Catalogue {
  byType: Map<string, ResourceType>;
  /** `group/version` whose server did not answer discovery: a kind missing there may well exist. */
  stale: Set<string>;
  askedAt: number;
}

export function createDiscovery(core: Core, clock: Clock): Discovery {
  let catalogue: Catalogue | undefined;
  let asking: Promise<Catalogue> | undefined;

  const ask = async (): Promise<Catalogue> => {
    const wait = catalogue ? catalogue.askedAt + REFRESH_MIN_MS - clock.monotonic() : 0;
    if (wait > 0) await clock.sleep(wait);
    const askedAt = clock.monotonic();
    const lists = await Promise.all(["/api", "/apis"].map((path) => fetchGroups(core, path)));
    catalogue = { ...readGroups(lists), askedAt };
    return catalogue;
  };
  const refresh = () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  return {
    async resolve(type) {
      const key = typeKey(type);
      const known = catalogue?.byType.get(key);
      if (known) return known;
      // A question already under way may be older than the CRD that the caller has just made.
      const joined = asking !== undefined;
      let fresh = await refresh();
      if (joined && !fresh.byType.has(key)) fresh = await refresh();
      const found = fresh.byType.get(key);
      if (found) return found;
      throw missing(type, fresh.stale.has(type.apiVersion));
    },
    async all(again) {
      const present = again || !catalogue ? await refresh() : catalogue;
      return [...present.byType.values()];
    },
    forget(type) {
      catalogue?.byType.delete(typeKey(type));
    },
  };
}

async function fetchGroups(core: Core, path: string): Promise<GroupDiscoveryList> {
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

/** Pure: the catalogue of both discovery documents. */
export function readGroups(lists: readonly GroupDiscoveryList[]): Omit<Catalogue, "askedAt"> {
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

function typeKey(type: TypeRef): string {
  return `${type.apiVersion}/${type.kind}`;
}

function missing(type: TypeRef, stale: boolean): KubeError {
  const what = `${groupKind(type)} of ${type.apiVersion}`;
  if (stale) {
    const init = { kind: "transient", status: 503, reason: "ServiceUnavailable" } as const;
    return new KubeError(
      `the server of ${type.apiVersion} does not answer, ${what} cannot be resolved`,
      init,
    );
  }
  return new KubeError(`the server has no ${what}`, {
    kind: "noSuchKind",
    status: 404,
    reason: "NoSuchKind",
  });
}
