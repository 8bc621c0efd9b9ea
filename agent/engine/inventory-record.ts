import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { errorText } from "../log.ts";
import type { EngineContext } from "./context.ts";
import { type Inventory, type Stored, writeInventory } from "./inventory.ts";
import { createLedger, type Packed } from "./ledger.ts";
import type { Graph } from "./model.ts";
import { ShardError, type ShardStore } from "./shard-store.ts";

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

/** Tries until it succeeds; undefined where nobody wants it any more. */
export async function persist<T>(
  { clock, random, log, signal }: EngineContext,
  isOvertaken: () => boolean,
  work: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 0; !isOvertaken(); failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      log.info("a graph could not be read yet", { error: errorText(error) });
      const ceiling = Math.min(30_000, 500 * 2 ** Math.min(failures, 10));
      await clock.sleep(ceiling * (0.1 + 0.9 * random()), signal).catch(() => {});
    }
  }
  return undefined;
}
