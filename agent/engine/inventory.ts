/**
 * The inventory: which objects a graph may have made, so that each is deleted once it should go, and nothing else is.
 *
 * Invariant: an object that carries a graph's mark is named by the graph's stored spec (its nodes, its shards, or what
 * rollbackTo names in its history) or by its stored inventory (status.inventory, or the shards of
 * status.inventoryShards). Where the spec carries out another than its own nodes, the inventory names it before it is
 * sent; and shards are stored before they are named, and deleted only when nothing stored names them. All else follows
 * from keeping it, at whatever point the process is killed:
 *
 * 1. Nothing is applied unless the spec that names it is stored; so a first apply needs no write of its own. Killed
 *    before the status write, the next process reads the spec, finds the objects by their mark, and goes on.
 * 2. A spec that drops an object is stored only when the inventory names that object, and how it may go: `Orphan` and
 *    `protect` stood in the spec that is replaced (`toSecure`, called by `Engine.apply`). In the ordinary course it does,
 *    by the status written after the last apply; only where a spec is replaced before that, one status write comes
 *    first. Thus old and new together are always on record. A graph that a person writes may be replaced at any time: it
 *    is on record before the first of it is sent (record.ts).
 * 3. An entry leaves the inventory only after its object was seen gone, was let go (Orphan), or turned out not to be
 *    ours: no mark of this graph, or neither the recorded UID nor the proof below. A status write that fails leaves an
 *    entry too many, never one too few; an entry too many costs a look.
 * 4. The finalizer holds the graph, and with it spec and inventory, until every entry is gone.
 * 5. What left the graph and is kept (a grace period, a dry run, `protect`, what others still need) stays an entry. With
 *    the graph it is let go: it stays in the cluster without our mark, so that no later process can take it for ours.
 * 6. What a node only observes now, and this graph made once, is let go at once: it is there for others to write.
 *
 * A deletion therefore needs all of: an entry here, our mark on the live object, and its UID, which goes with the request
 * as a precondition. A UID is recorded from the answer to the apply. Killed between that and the status write, the next
 * process finds a marked object whose UID it does not know: it adopts that UID only where the server's record of field
 * managers proves that our apply wrote the mark on this very object (`isMadeByUs`). An object that somebody made anew
 * with copied annotations has no such record: it is refused, and never deleted. Deleting twice is harmless: the second
 * finds nothing, or another UID.
 */
import type { InventoryEntry } from "../../protocol/resources/graph.ts";
import { type ObjectRef, parseType, refString } from "../kube/index.ts";
import type { Graph } from "./model.ts";

/** Replaced, never changed. */
export interface Held {
  readonly key: string;
  readonly ref: ObjectRef;
  /** Undefined: not seen since it may have been applied. */
  readonly uid?: string;
  /** Hashes of what was sent and of our fields as the server then answered (decisions.md 23). */
  readonly applied?: string;
  readonly live?: string;
  readonly orphan: boolean;
  /** Never deleted by us. */
  readonly protect?: boolean;
  /** When it left the graph, and all that stayed had been applied: a grace period counts from here, over restarts too. */
  readonly leftAt?: string;
  /** It was there before the graph. */
  readonly adopted?: boolean;
  /** Of a Create: which run made it, and whether that one has completed. */
  readonly run?: string;
  readonly done?: boolean;
}

export type Inventory = Map<string, Held>;
/** What is on record, by key. */
export type Stored = ReadonlyMap<string, Held>;

export function readInventory(entries: readonly InventoryEntry[] = []): Inventory {
  const inventory: Inventory = new Map();
  for (const { group, version, kind, namespace, name, orphan = false, ...rest } of entries) {
    const apiVersion = group ? `${group}/${version}` : version;
    const ref = { apiVersion, kind, name, ...(namespace ? { namespace } : {}) };
    const key = refString(ref);
    inventory.set(key, { key, ref, orphan, ...rest });
  }
  return inventory;
}

/** Adds what a graph may be about to make, and takes over its deletion policies: what it observes is not deleted. */
export function addGraph(inventory: Inventory, graph: Graph): void {
  for (const { key, ref, orphan, protect, mode } of graph.nodes.values()) {
    const former = inventory.get(key);
    if (mode === "Observe") {
      if (former) inventory.set(key, { ...former, orphan: true });
      continue;
    }
    const { protect: _p, leftAt: _l, ...held } = former ?? { key };
    inventory.set(key, { ...held, ref, orphan, ...(protect ? { protect } : {}) });
  }
}

/** Its object has gone while a graph may name it again: it stays on record, as one that nobody has seen. */
export function unsee(inventory: Inventory, { key, uid }: Pick<Held, "key" | "uid">): void {
  const held = inventory.get(key);
  if (!held || held.uid !== uid) return;
  const { ref, orphan, protect, leftAt } = held;
  inventory.set(key, { key, ref, orphan, ...(protect ? { protect } : {}), ...(leftAt ? { leftAt } : {}) });
}

/**
 * What goes into the status: everything seen, and everything that the spec does not name. `all` adds what the spec
 * names and nobody has seen, for the write before a spec is replaced.
 */
export function writeInventory(
  inventory: Inventory,
  graph: Graph | undefined,
  all = false,
): InventoryEntry[] {
  const named = graph ? keysOf(graph) : NO_KEYS;
  const rest = [...inventory.keys()].filter((key) => !named.has(key)).sort();
  return [...named, ...rest].flatMap((key) => {
    const held = inventory.get(key);
    return held && (all || held.uid || !named.has(key)) ? [entryOf(held)] : [];
  });
}

/** A graph of thousands looks often, and little of it is new. */
const entries = new WeakMap<Held, InventoryEntry>();

function entryOf(held: Held): InventoryEntry {
  const known = entries.get(held) ?? writtenEntry(held);
  entries.set(held, known);
  return known;
}

function writtenEntry({ ref, uid, applied, live, orphan, ...rest }: Held): InventoryEntry {
  const { group, version, kind } = parseType(ref);
  return {
    ...(group ? { group } : {}),
    version,
    kind,
    ...(ref.namespace ? { namespace: ref.namespace } : {}),
    name: ref.name,
    ...(uid ? { uid } : {}),
    ...(applied ? { applied } : {}),
    ...(live ? { live } : {}),
    ...(orphan ? { orphan } : {}),
    ...(rest.protect ? { protect: true } : {}),
    ...(rest.leftAt ? { leftAt: rest.leftAt } : {}),
    ...(rest.adopted ? { adopted: true } : {}),
    ...(rest.run ? { run: rest.run } : {}),
    ...(rest.done ? { done: true } : {}),
  };
}

/** Whether a stored inventory says that this run of a Create has completed. */
export function isRecorded(stored: Stored, key: string, run: string): boolean {
  const held = stored.get(key);
  return held?.done === true && held.run === run;
}

/** Entries that the graph does not name. */
export function leftOver(inventory: Inventory, graph: Graph): Held[] {
  const named = keysOf(graph);
  return [...inventory.values()].filter(({ key }) => !named.has(key));
}

const NO_KEYS: ReadonlySet<string> = new Set();
const keys = new WeakMap<Graph, ReadonlySet<string>>();

/** What a graph makes, in its order. */
function keysOf(graph: Graph): ReadonlySet<string> {
  const known = keys.get(graph) ?? new Set(madeBy(graph));
  keys.set(graph, known);
  return known;
}

const madeBy = ({ order, nodes }: Graph): string[] =>
  order.flatMap((id) => {
    const node = nodes.get(id);
    return node && node.mode !== "Observe" ? [node.key] : [];
  });

/** True where the next graph drops an object that the stored inventory does not name, or not as it may go: rule 2. */
export function toSecure(inventory: Inventory, stored: Stored, next: Graph): boolean {
  return leftOver(inventory, next).some((held) => !isOnRecord(stored, held));
}

/** The stored inventory names it, and knows how it may go. */
function isOnRecord(
  stored: Stored,
  { key, orphan, protect = false }: Pick<Held, "key" | "orphan" | "protect">,
) {
  const held = stored.get(key);
  return held !== undefined && held.orphan === orphan && (held.protect ?? false) === protect;
}

/** Whether all that a graph may make, and how it may go, is on record; and what it observes, where we made that. */
export const isStored = (stored: Stored, graph: Graph): boolean =>
  [...graph.nodes.values()].every((node) =>
    node.mode === "Observe" ? stored.get(node.key)?.orphan !== false : isOnRecord(stored, node),
  );

/** In which order leftovers go: what runs, then what it needed, then definitions, then namespaces. */
export function removalRank(ref: ObjectRef): number {
  switch (ref.kind) {
    case "Namespace":
      return 3;
    case "CustomResourceDefinition":
      return 2;
    case "ServiceAccount":
    case "ConfigMap":
    case "Secret":
    case "PersistentVolumeClaim":
    case "Role":
    case "RoleBinding":
    case "ClusterRole":
    case "ClusterRoleBinding":
    case "StorageClass":
    case "PriorityClass":
      return 1;
    default:
      return 0;
  }
}
