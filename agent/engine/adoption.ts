import type { Adopt } from "../../protocol/resources/adopt.ts";
import type { Adopted, AdoptionStatus } from "../../protocol/resources/graph.ts";
import { type Identity, refString } from "../kube/index.ts";
import { adoptionStatus, selectsNode, verdictOn } from "./adoption-rules.ts";
import { type Known, watchAdoption } from "./adoption-watches.ts";
import type { Host } from "./host.ts";
import { refusesLaterWriters, watchPolicy } from "./later-writers.ts";
import type { GraphIdentity } from "./marks.ts";
import { type Graph, type GraphNode, isNewer, type Seen } from "./model.ts";
import { ownerOf } from "./ownership.ts";
import { DEFAULT_MANAGERS } from "./take-over.ts";

/** What a graph may take over: watched with the rights of the identity that would write it. */
export interface Adoption {
  readonly managers: readonly string[];
  readonly isDryRun: boolean;
  /** Whoever writes what was taken later is to be refused. */
  readonly guards: boolean;
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

export function createAdoption(options: AdoptionOptions): Adoption {
  const { host, policy, graph, identity, namespace, as } = options;
  const { ctx } = host;
  const managers = policy.managers ?? DEFAULT_MANAGERS;
  const nodes = new Map([...graph.nodes.values()].map((node) => [node.key, node]));
  const pokeAll = () => {
    for (const node of nodes.values()) host.poke(node.id);
    host.changed();
  };
  const watches = watchAdoption({
    ...{ ctx, policy, managers, namespace, onChanged: pokeAll },
    ...(as ? { as } : {}),
    onSeen({ seen }) {
      const node = nodes.get(refString(seen.ref));
      if (node) host.poke(node.id);
      host.changed();
    },
  });
  const guards = refusesLaterWriters(policy);
  const admission = guards ? watchPolicy(host, pokeAll) : undefined;
  const judge = ({ seen, managers: held }: Known): Adopted => {
    const { kind, name, namespace: place } = seen.ref;
    const key = refString(seen.ref);
    // Our own write is known before the watch brings it.
    const cached = ctx.cache.get(key);
    const now = cached && isNewer(cached.resourceVersion, seen.resourceVersion) ? cached : seen;
    const owner = ownerOf(now, identity, host.inventory.get(key)?.uid);
    const { state, message } = now.readiness;
    const candidate = {
      ...{ kind, name, namespace: place, owner, otherOwner: seen.otherOwner, managers: held },
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
  const selects = (node: GraphNode): boolean => selectsNode(policy, node, namespace);

  return {
    ...{ managers, guards, isDryRun: policy.dryRun === true },
    ready: () => watches.ready() && admission?.ready() !== false,
    seen: (key) => watches.find(key)?.seen,
    verdict(node) {
      const known = watches.find(node.key);
      if (known) return judge(known);
      return policy.strategy === "Mirror" && selects(node) ? { state: "Mirrored" } : undefined;
    },
    isRetaken: (node, seen) =>
      policy.strategy !== "Mirror" &&
      !policy.dryRun &&
      seen.managers.some((manager) => managers.includes(manager)) &&
      (watches.find(node.key) !== undefined || selects(node)),
    allows: (owner) => policy.owners?.includes(owner) === true,
    status: () => ({
      ...adoptionStatus([...watches.all().map(judge), ...watches.unreadable()]),
      ...(admission ? { laterWriters: admission.state() } : {}),
    }),
    release() {
      watches.release();
      admission?.release();
    },
  };
}
