import { expect, it } from "vitest";
import type { ShardRef } from "../../protocol/resources/graph-shard.ts";
import { createLedger } from "./ledger.ts";
import { ShardError } from "./shard-objects.ts";
import { type Chunk, chunksOf, linesOf } from "./shards.ts";

const entry = (name: string) => ({ version: "v1", kind: "ConfigMap", namespace: "ns", name, uid: name });
const parts = ["a", "b"].flatMap((name) => chunksOf(linesOf([entry(name)])));
const refOf = ({ digest }: Chunk): ShardRef => ({ name: digest, digest });
const status = { inventoryShards: parts.map(refOf) };
/** Where the second part is not to be had. */
const ledgerWithout = (failure: Error) =>
  createLedger({
    refsOf: (chunks) => chunks.map(refOf),
    async load(refs) {
      if (refs.some(({ digest }) => digest === parts[1]?.digest)) throw failure;
      return refs.map(({ digest }) => parts.find((one) => one.digest === digest)?.content ?? "");
    },
  });

it("gives what stands in the parts that are there, only where it is asked for that", async () => {
  const ledger = ledgerWithout(new ShardError("its shard b is missing"));
  await expect(ledger.load(status)).rejects.toThrow("its shard b is missing");
  expect([...(await ledger.salvage(status)).values()]).toMatchObject([{ ref: { name: "a" }, uid: "a" }]);
});

it("does not take an API server that does not answer for a part that is missing", async () => {
  await expect(ledgerWithout(new Error("no answer")).salvage(status)).rejects.toThrow("no answer");
});
