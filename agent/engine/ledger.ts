import { canonicalJson } from "../../domain/canonical/index.ts";
import {
  type InventoryEntry,
  inventoryEntrySchema,
  type ResourceGraphStatus,
} from "../../protocol/resources/graph.ts";
import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import { type Inventory, readInventory, type Stored } from "./inventory.ts";
import { ShardError } from "./shard-objects.ts";
import type { ShardStore } from "./shard-store.ts";
import { type Chunk, chunksOf, documentsOf } from "./shards.ts";
import type { StatusRecord } from "./status.ts";

/** Larger ones stand in shards. */
export const INLINE_BYTES = 256 * 1024;
/** So many entries fit without measuring: names of each are 700 bytes at most. */
const SMALL = 200;
/** Records whose status may be the stored one: one is written at a time. */
const REMEMBERED = 4;

/** An inventory as a status names it, and what must be stored before that is written. */
export interface Packed {
  fields: StatusRecord;
  chunks: readonly Chunk[];
}

/** How an inventory is written into a graph's status, and read from it: whole, or in shards. */
export interface Ledger {
  /** Rejects with a ShardError where a part of it is missing. */
  load(status: ResourceGraphStatus | undefined): Promise<Inventory>;
  /** What stands in the parts that are there. */
  salvage(status: ResourceGraphStatus | undefined): Promise<Inventory>;
  pack(entries: readonly InventoryEntry[]): Packed;
  /** What this status names. Of shards that this process neither wrote nor read: nothing. */
  stored(status: ResourceGraphStatus | undefined): Stored;
}

export function createLedger(shards: Pick<ShardStore, "load" | "refsOf">): Ledger {
  /** By the names of the shards. */
  const known = new Map<string, Stored>();
  const remember = (refs: readonly ShardRef[], entries: readonly InventoryEntry[]) => {
    const id = idOf(refs);
    known.delete(id);
    known.set(id, readInventory(entries));
    for (const old of [...known.keys()].slice(0, -REMEMBERED)) known.delete(old);
  };

  return {
    async load(status) {
      const refs = status?.inventoryShards;
      if (!refs) return readInventory(status?.inventory);
      const entries = entriesOf(await shards.load(refs));
      remember(refs, entries);
      return readInventory(entries);
    },
    async salvage(status) {
      const parts = await Promise.all(
        (status?.inventoryShards ?? []).map(async (ref) => {
          try {
            return entriesOf(await shards.load([ref]));
          } catch (error) {
            if (error instanceof ShardError) return [];
            throw error;
          }
        }),
      );
      return readInventory(parts.flat());
    },
    pack(entries) {
      if (entries.length === 0) return { fields: {}, chunks: [] };
      const lines = entries.length <= SMALL ? [] : entries.map(lineOfEntry);
      if (lines.reduce((bytes, line) => bytes + line.length, 0) <= INLINE_BYTES)
        return { fields: { inventory: [...entries] }, chunks: [] };
      const chunks = chunksOf(lines);
      const inventoryShards = shards.refsOf(chunks);
      if (!known.has(idOf(inventoryShards))) remember(inventoryShards, entries);
      return { fields: { inventoryShards }, chunks };
    },
    stored(status) {
      const refs = status?.inventoryShards;
      return refs ? (known.get(idOf(refs)) ?? new Map()) : readInventory(status?.inventory);
    },
  };
}

/** Entries are the same objects as long as what they say is the same (inventory.ts). */
const lines = new WeakMap<InventoryEntry, string>();

function lineOfEntry(entry: InventoryEntry): string {
  const line = lines.get(entry) ?? canonicalJson(entry);
  lines.set(entry, line);
  return line;
}

function entriesOf(contents: readonly string[]): InventoryEntry[] {
  try {
    return documentsOf(contents).map((document) => inventoryEntrySchema.parse(document));
  } catch (error) {
    throw new ShardError("its inventory shards hold no inventory", { cause: error });
  }
}

const idOf = (refs: readonly ShardRef[]): string => refs.map(({ digest }) => digest).join(" ");
