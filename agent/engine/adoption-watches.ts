import type { Adopt, AdoptResource } from "../../protocol/resources/adopt.ts";
import type { Adopted } from "../../protocol/resources/graph.ts";
import {
  createReflector,
  groupKind,
  type Identity,
  isKind,
  type LiveObject,
  type Reflector,
  refString,
} from "../kube/index.ts";
import { errorText } from "../log.ts";
import { selectorText } from "./adoption-rules.ts";
import type { EngineContext } from "./context.ts";
import type { Seen } from "./model.ts";
import { seenOf } from "./seen.ts";
import { holdersAmong } from "./take-over.ts";

/** What is known of an object that an adoption policy names or selects. */
export interface Known {
  seen: Seen;
  /** Managers whose fields would be taken. */
  managers: string[];
}

/** The objects of a policy, seen with the rights of the identity that would write them. */
export interface AdoptionWatches {
  /** All of them are known, or cannot be. */
  ready(): boolean;
  find(key: string): Known | undefined;
  /** Each once. */
  all(): Known[];
  /** What cannot be read, and why. */
  unreadable(): Adopted[];
  release(): void;
}

export interface AdoptionWatchesOptions {
  ctx: Pick<EngineContext, "kube" | "clock">;
  policy: Pick<Adopt, "resources">;
  managers: readonly string[];
  namespace: string;
  as?: Identity;
  /** One of them was seen. */
  onSeen: (known: Known) => void;
  /** All of a resource is known, or cannot be. */
  onChanged: () => void;
}

interface Watch {
  resource: AdoptResource;
  reflector: Reflector<Known>;
  /** Why it cannot be read, or no longer. */
  problem: string | undefined;
}

export function watchAdoption(options: AdoptionWatchesOptions): AdoptionWatches {
  const { ctx, policy, managers, namespace, as, onSeen, onChanged } = options;
  const knownOf = (object: LiveObject): Known => ({
    seen: seenOf(object),
    managers: holdersAmong(object, managers),
  });
  const watches = policy.resources.map((resource): Watch => {
    const { apiVersion, kind, name, selector } = resource;
    const reflector = createReflector<Known>(ctx.kube, {
      type: { apiVersion, kind },
      ...{ namespace, clock: ctx.clock, transform: knownOf },
      ...(as ? { as } : {}),
      ...(selector ? { labelSelector: selectorText(selector) } : { fieldSelector: `metadata.name=${name}` }),
      onError(error) {
        // A server that is away for a while changes nothing of what is known.
        if (isKind(error, "forbidden") || !watch.reflector.health().synced) watch.problem = errorText(error);
        onChanged();
      },
      onListed() {
        watch.problem = undefined;
        onChanged();
      },
    });
    const watch: Watch = { resource, reflector, problem: undefined };
    reflector.on({ added: onSeen, updated: onSeen, deleted: onSeen });
    return watch;
  });
  const unreadable = ({ resource, problem = "" }: Watch): Adopted => ({
    kind: resource.kind,
    name: resource.name ?? selectorText(resource.selector ?? {}),
    ...{ namespace, state: "Refused" as const, message: `cannot be read: ${problem}`.slice(0, 512) },
  });

  return {
    ready: () =>
      watches.every(({ reflector, problem }) => reflector.health().synced || problem !== undefined),
    find(key) {
      for (const { resource, reflector } of watches) {
        // A store's keys are what follows the kind in ours.
        const kind = `${groupKind(resource)}/`;
        const known = key.startsWith(kind) ? reflector.store.get(key.slice(kind.length)) : undefined;
        if (known) return known;
      }
      return undefined;
    },
    all() {
      const known = new Map<string, Known>();
      for (const { reflector } of watches)
        for (const one of reflector.store.values()) known.set(refString(one.seen.ref), one);
      return [...known.values()];
    },
    unreadable: () => watches.filter(({ problem }) => problem !== undefined).map(unreadable),
    release() {
      for (const { reflector } of watches) void reflector.stop();
    },
  };
}
