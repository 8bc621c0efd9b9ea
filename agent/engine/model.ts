import { hash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical/index.ts";
import type { DriftPolicy, GraphNode as NodeSpec, ReadyWhen } from "../../protocol/resources/graph.ts";
import type { KubeObject, LiveObject, ObjectRef } from "../kube/index.ts";

export type Mode = "Apply" | "Create" | "Adopt" | "Observe";

/** One node, with every default filled in. `key` (see `refString`) names its object in caches and inventories. */
export interface GraphNode {
  id: string;
  key: string;
  ref: ObjectRef;
  object: KubeObject;
  /** Ids, explicit and implied. */
  dependsOn: readonly string[];
  mode: Mode;
  force: boolean;
  orphan: boolean;
  /** Where a field turns out to be immutable. */
  recreate: boolean;
  /** Paths of fields that are left to others. */
  ignore: readonly (readonly string[])[];
  /** Of a Create: see create.ts. */
  runKey?: string;
  /** Never deleted by us, nor made anew. */
  protect: boolean;
  /** Undefined: as the graph says. */
  drift?: DriftPolicy;
  readyWhen: readonly ReadyWhen[];
  readyTimeoutMs?: number;
}

/** The nodes of a specification, wherever they stand. */
export interface Nodes {
  nodes: readonly NodeSpec[];
}

/** Without cycles: `order` is a topological one, stable for equal input. */
export interface Graph {
  nodes: ReadonlyMap<string, GraphNode>;
  order: readonly string[];
  dependants: ReadonlyMap<string, readonly string[]>;
}

export interface Readiness {
  state: "Ready" | "Progressing" | "Failed";
  message?: string;
  /** Ready only since it says nothing of itself. */
  silent?: boolean;
}

/** What the engine keeps of a live object: enough to judge it, little enough for thousands. */
export interface Seen {
  ref: ObjectRef;
  uid: string;
  resourceVersion: string;
  deleting: boolean;
  /** It has our label, so that the watch of its kind shows it. */
  labelled: boolean;
  finalizers: readonly string[];
  /** The ownership mark: UID of the graph, its `namespace/name`, and what it comes from. */
  graphUid?: string;
  graphKey?: string;
  lineage?: string;
  /** Another tool's inventory that it belongs to (managed-by-others.ts). */
  otherOwner?: string;
  /** An apply of ours wrote the mark on this very object, says the server (fields.ts). */
  made: boolean;
  /** Its annotations ask that it be left alone; that it never be deleted. */
  disabled: boolean;
  protected: boolean;
  /** Other field managers of the object itself, not of its subresources. */
  managers: readonly string[];
  /** Hash over the fields that our manager owns (decisions.md 23). */
  liveHash: string;
  readiness: Readiness;
  conditions: readonly ConditionSeen[];
  /** Its controller has not seen the newest generation. */
  behind: boolean;
  /** Run id of the Create that made it. */
  run?: string;
  /** A TTL of its own removes it after its end. */
  hasTtl: boolean;
  /** Other writers of it are refused (later-writers.ts). */
  guarded: boolean;
  /** A HorizontalPodAutoscaler has set its replicas. */
  scaled: boolean;
  /** Whole, without managedFields: only while somebody asked for it (see `Cache.keepWhole`). */
  object?: LiveObject;
}

export interface ConditionSeen {
  type: string;
  status: string;
  message?: string;
}

/** Told apart from every other value by 64 bits: enough to see that something changed. */
const HASH_CHARS = 16;

export const hashOf = (value: unknown): string =>
  hash("sha256", canonicalJson(value), "hex").slice(0, HASH_CHARS);

/** `namespace/name` of a ResourceGraph. */
export const graphKeyOf = (graph: LiveObject | KubeObject): string =>
  `${graph.metadata.namespace ?? ""}/${graph.metadata.name ?? ""}`;

/** Versions of one object: the API server's are numbers that only grow. */
export function isNewer(version: string, than: string): boolean {
  return version.length === than.length ? version > than : version.length > than.length;
}

/** A value of JSON, read by path; undefined where anything on the way is missing. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
export const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;
