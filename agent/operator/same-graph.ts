import { canonicalJson } from "../../domain/canonical/index.ts";
import { sameJson } from "../../domain/canonical/same.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { hashOf } from "../engine/model.ts";
import type { KubeObject } from "../kube/index.ts";

/**
 * Whether graphs are as they were meant. What others set in one stays when it is written again: its rollback by hand, a
 * label of a webhook's. Such a difference is written over once, not at every look.
 */
export interface WrittenGraphs {
  isAsMeant(key: string, live: Seen, wanted: Wanted): boolean;
  /** That is what it became when it was written. */
  wrote(key: string, live: Seen, wanted: Wanted): void;
  forget(key: string): void;
}

type Wanted = KubeObject & { spec: ResourceGraphSpec };
type Seen = KubeObject & { spec: Omit<ResourceGraphSpec, "nodes"> & { nodes: GraphNode[] | undefined } };

export function createWrittenGraphs(): WrittenGraphs {
  const differences = new Map<string, string>();
  return {
    isAsMeant(key, live, wanted) {
      if (isUnknown(live, wanted)) return false;
      return isSame(live, wanted) || differences.get(key) === differenceOf(live, wanted);
    },
    wrote(key, live, wanted) {
      if (isUnknown(live, wanted) || isSame(live, wanted)) differences.delete(key);
      else differences.set(key, differenceOf(live, wanted));
    },
    forget: (key) => void differences.delete(key),
  };
}

/** Nodes that are not known are like no others; where `wanted` leaves them in their shards, those are compared. */
const isUnknown = (live: Seen, wanted: Wanted): boolean => !live.spec.nodes && !wanted.spec.shards;

/** A correlation id that changed alone is no reason to write. */
function isSame(live: Seen, wanted: Wanted): boolean {
  const [one, other] = essences(live, wanted);
  const forced = forcedOf(wanted);
  return (forced === undefined || forced === forcedOf(live)) && one === other;
}

const differenceOf = (live: Seen, wanted: Wanted): string =>
  hashOf([...essences(live, wanted), forcedOf(live) ?? "", forcedOf(wanted) ?? ""]);

/** Nodes that are the same are left out of both. */
function essences(live: Seen, wanted: Wanted): string[] {
  const sameNodes = areSame(live.spec.nodes ?? [], wanted.spec.nodes);
  return [live, wanted].map(({ metadata: { labels, annotations = {}, ownerReferences }, spec }) =>
    canonicalJson({
      ...{ labels, ownerReferences },
      spec: { ...spec, nodes: sameNodes ? [] : (spec.nodes ?? []) },
      lineage: annotations[ANNOTATION.lineage] ?? null,
    }),
  );
}

/** Whoever renders has compared them already, where it gives the very same ones. */
const areSame = (some: readonly GraphNode[], others: readonly GraphNode[]): boolean => sameJson(some, others);

const forcedOf = ({ metadata: { annotations } }: KubeObject): string | undefined =>
  annotations?.[ANNOTATION.reconcileAt] || undefined;
