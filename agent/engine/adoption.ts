import type { Adopt, AdoptResource } from "../../protocol/resources/adopt.ts";
import type { Adopted, AdoptionStatus } from "../../protocol/resources/graph.ts";
import {
  createReflector,
  groupKind,
  type Identity,
  type LiveObject,
  type Reflector,
  refString,
} from "../kube/index.ts";
import { errorText } from "../log.ts";
import { adoptionStatus, isSelected, selectorText, verdictOn } from "./adoption-rules.ts";
import type { Host } from "./host.ts";
import { otherOwnerOf } from "./managed-by-others.ts";
import type { GraphIdentity } from "./marks.ts";
import { type Graph, type GraphNode, isNewer, type Seen } from "./model.ts";
import { ownerOf } from "./ownership.ts";
import { seenOf } from "./seen.ts";
import { DEFAULT_MANAGERS, holdersAmong } from "./take-over.ts";

/** What a graph may take over: watched with the rights of the identity that would write it. */
export interface Adoption {
  readonly managers: readonly string[];
  readonly isDryRun: boolean;
  /** All that the policy names is known, or cannot be. */
  ready(): boolean;
  /** What is known of a node's object that has no label of ours. */
  seen(key: string): Seen | undefined;
  /** What is to be done with a node's object; undefined: the policy does not speak of it. */
  verdict(node: GraphNode): Pick<Adopted, "state" | "message"> | undefined;
  /** Managers that hold fields of an object that was taken, and are to hold none. */
  isRetaken(node: GraphNode, seen: Seen): boolean;
  /** Whether this owner's objects may be taken. */
  allows(owner: string): boolean;
  status(): AdoptionStatus;
  release(): void;
}

export interface AdoptionOptions {
  host: Host;
  policy: Adopt;
  graph: Graph;
  identity: GraphIdentity;
  namespace: string;
  as?: Identity;
}

interface Known {
  seen: Seen;
  otherOwner: string | undefined;
  managers: string[];
}

interface Watch {
  resource: AdoptResource;
  reflector: Reflector<Known>;
  problem?: string;
}

export function createAdoption(options: AdoptionOptions): Adoption {
  const { host, policy, graph, identity, namespace, as } = options;
  const { ctx } = host;
  const managers = policy.managers ?? DEFAULT_MANAGERS;
  const nodes = new Map([...graph.nodes.values()].map((node) => [node.key, node]));
  const knownOf = (object: LiveObject): Known => ({
    seen: seenOf(object),
    otherOwner: otherOwnerOf(object),
    managers: holdersAmong(object, managers),
  });
  const tell = ({ seen }: Known) => {
    const node = nodes.get(refString(seen.ref));
    if (node) host.poke(node.id);
    host.changed();
  };
  const pokeAll = () => {
    for (const node of nodes.values()) host.poke(node.id);
    host.changed();
  };

  const watches = policy.resources.map((resource): Watch => {
    const { apiVersion, kind, name, selector } = resource;
    const reflector = createReflector<Known>(ctx.kube, {
      type: { apiVersion, kind },
      ...{ namespace, clock: ctx.clock, transform: knownOf },
      ...(as ? { as } : {}),
      ...(selector ? { labelSelector: selectorText(selector) } : { fieldSelector: `metadata.name=${name}` }),
      onError(error) {
        watch.problem = errorText(error);
        pokeAll();
      },
    });
    const watch: Watch = { resource, reflector };
    reflector.on({ added: tell, updated: tell, deleted: tell });
    reflector.synced.then(pokeAll, () => {});
    return watch;
  });
  const isKnown = ({ reflector, problem }: Watch) => reflector.health().synced || problem !== undefined;

  const find = (key: string): Known | undefined => {
    for (const { resource, reflector } of watches) {
      // A store's keys are what follows the kind in ours.
      const kind = `${groupKind(resource)}/`;
      const known = key.startsWith(kind) ? reflector.store.get(key.slice(kind.length)) : undefined;
      if (known) return known;
    }
    return undefined;
  };
  const judge = ({ seen, otherOwner, managers: held }: Known): Adopted => {
    const { kind, name, namespace: place } = seen.ref;
    const key = refString(seen.ref);
    // Our own write is known before the watch brings it.
    const cached = ctx.cache.get(key);
    const now = cached && isNewer(cached.resourceVersion, seen.resourceVersion) ? cached : seen;
    const owner = ownerOf(now, identity, host.inventory.get(key)?.uid);
    const { state, message } = now.readiness;
    const candidate = {
      ...{ kind, name, namespace: place, owner, otherOwner, managers: held },
      ...{ graphKey: now.graphKey, disabled: now.disabled },
      readiness: message ? `${state}: ${message}` : state,
    };
    return {
      ...{ kind, name },
      ...(place ? { namespace: place } : {}),
      ...verdictOn(candidate, nodes.get(key)?.mode, policy),
      ...(held.length > 0 && owner !== "ours" ? { managers: held.slice(0, 16) } : {}),
    };
  };
  const selects = ({ ref, object }: GraphNode): boolean =>
    policy.resources.some(
      (resource) =>
        resource.kind === ref.kind &&
        resource.apiVersion === ref.apiVersion &&
        (ref.namespace ?? namespace) === namespace &&
        isSelected(resource, { name: ref.name, labels: object.metadata.labels }),
    );
  const unreadable = ({ resource, problem = "" }: Watch): Adopted => ({
    kind: resource.kind,
    name: resource.name ?? selectorText(resource.selector ?? {}),
    ...{ namespace, state: "Refused" as const, message: `cannot be read: ${problem}`.slice(0, 512) },
  });

  return {
    managers,
    isDryRun: policy.dryRun === true,
    ready: () => watches.every(isKnown),
    seen: (key) => find(key)?.seen,
    verdict(node) {
      const known = find(node.key);
      if (known) return judge(known);
      return policy.strategy === "Mirror" && selects(node) ? { state: "Mirrored" } : undefined;
    },
    isRetaken: (node, seen) =>
      policy.strategy !== "Mirror" &&
      !policy.dryRun &&
      seen.managers.some((manager) => managers.includes(manager)) &&
      (find(node.key) !== undefined || selects(node)),
    allows: (owner) => policy.owners?.includes(owner) === true,
    status() {
      const known = new Map<string, Adopted>();
      for (const { reflector } of watches)
        for (const one of reflector.store.values()) known.set(refString(one.seen.ref), judge(one));
      const failed = watches.filter((one) => one.problem && !one.reflector.health().synced);
      return adoptionStatus([...known.values(), ...failed.map(unreadable)]);
    },
    release() {
      for (const { reflector } of watches) void reflector.stop();
    },
  };
}
