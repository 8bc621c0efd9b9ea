import type { Clock } from "./clock.ts";
import type { Core } from "./core.ts";
import { fetchGroups, type Kinds, readGroups, typeKey } from "./discovery-documents.ts";
import { KubeError } from "./errors.ts";
import { groupKind } from "./names.ts";
import type { ResourceType, TypeRef } from "./objects.ts";

/** Many objects of a missing kind at once ask the server once a second together, not once each. */
const REFRESH_MIN_MS = 1_000;

export interface Discovery {
  resolve(type: TypeRef): Promise<ResourceType>;
  all(refresh: boolean): Promise<readonly ResourceType[]>;
  /** A request found no handler for this kind: what the cache says is not true any more. */
  forget(type: TypeRef): void;
}

interface Catalogue extends Kinds {
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
