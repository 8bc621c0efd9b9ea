import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { type Inventory, type Stored, writeInventory } from "./inventory.ts";
import { createLedger, type Packed } from "./ledger.ts";
import type { Graph } from "./model.ts";
import { ShardError } from "./shard-objects.ts";
import type { ShardStore } from "./shard-store.ts";

/** One graph's inventory in memory, and as its status names it. */
export interface InventoryRecord {
  /** Takes over what the last process recorded, once. The answer: why that cannot be had. */
  read(status: ResourceGraphStatus | undefined): Promise<string | undefined>;
  /** Takes over what of a lost record can be had; the status names it as it did. */
  salvage(status: ResourceGraphStatus | undefined): Promise<void>;
  /** What a status is to name. What could not be read is named as it was. */
  pack(status: ResourceGraphStatus | undefined, graph: Graph | undefined, all: boolean): Packed;
  stored(status: ResourceGraphStatus | undefined): Stored;
}

export function createInventoryRecord({
  shards,
  inventory,
}: {
  shards: ShardStore;
  inventory: Inventory;
}): InventoryRecord {
  const ledger = createLedger(shards);
  let isRead = false;
  return {
    async read(status) {
      if (isRead) return undefined;
      try {
        for (const [key, held] of await ledger.load(status)) inventory.set(key, held);
        isRead = true;
        return undefined;
      } catch (error) {
        if (!(error instanceof ShardError)) throw error;
        return `${error.message}: what this graph made is not known, so it does nothing. Put the shard back, or take \
status.inventoryShards away to go on without it: what only it named will stay`;
      }
    },
    async salvage(status) {
      for (const [key, held] of await ledger.salvage(status)) inventory.set(key, held);
    },
    pack(status, graph, all) {
      if (isRead) return ledger.pack(writeInventory(inventory, graph, all));
      const { inventory: entries, inventoryShards } = status ?? {};
      const fields = {
        ...(entries ? { inventory: entries } : {}),
        ...(inventoryShards ? { inventoryShards } : {}),
      };
      return { fields, chunks: [] };
    },
    stored: ledger.stored,
  };
}
