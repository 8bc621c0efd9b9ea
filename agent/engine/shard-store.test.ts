import { describe, expect, it } from "vitest";
import { GRAPH, graphOn, SimulatedServer, simulatedContext } from "../../test/engine/simulated.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { KubeError } from "../kube/index.ts";
import { createShardStore } from "./shard-store.ts";
import { type Chunk, digestOfText } from "./shards.ts";

const chunk = (content: string): Chunk => ({ content, digest: digestOfText(content) });
const lost = new KubeError("no answer", { kind: "transient", status: 0, reason: "Timeout" });
const refused = new KubeError("no", { kind: "invalid", status: 422, reason: "Invalid" });

function storeOn(server = new SimulatedServer()) {
  const clock = createManualClock();
  server.apply({ ...GRAPH, metadata: { name: GRAPH.name, namespace: GRAPH.namespace } }, "");
  /** Requests of this verb wait for what is set here before they are carried out, or before they are answered. */
  const gates = new Map<string, Promise<void>>();
  const gate = (verb: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.set(verb, promise);
    return () => {
      gates.delete(verb);
      resolve();
    };
  };
  const faults = {
    before: async (verb: string) => gates.get(`before ${verb}`),
    after: async (verb: string) => gates.get(`after ${verb}`),
  };
  const { signal } = new AbortController();
  const { kube } = simulatedContext(server, { clock, random: () => 0.5, signal, faults });
  const store = createShardStore({ kube, signal, now: clock.now, live: () => graphOn(server) });
  const named = new Set<string>();
  const nameOf = (one: Chunk) => store.refsOf([one])[0]?.name ?? "";
  return {
    ...{ store, clock, gate },
    /** Stored, and then named by whatever this does. */
    name: (one: Chunk, write = async () => void named.add(nameOf(one))) =>
      store.whilePinned([one], async () => {
        await store.put([one]);
        await write();
      }),
    unname: (one: Chunk) => named.delete(nameOf(one)),
    collect: () => store.collect(() => new Set(named)),
    isThere: (one: Chunk) => server.objects.has(`ResourceGraphShard.kubenova.io/ns/${nameOf(one)}`),
  };
}

const [one, two] = [chunk("one"), chunk("two")];

describe("a shard that nobody names any more", () => {
  it("is deleted, and no other", async () => {
    const shards = storeOn();
    await shards.name(one);
    await shards.name(two);
    shards.unname(one);
    await shards.collect();
    expect([shards.isThere(one), shards.isThere(two)]).toEqual([false, true]);
  });

  it("stays where a write has named it while what is there was being listed", async () => {
    const shards = storeOn();
    await shards.name(one);
    const answer = shards.gate("before list");
    const collected = shards.collect();
    await shards.name(two);
    answer();
    await collected;
    expect([shards.isThere(one), shards.isThere(two)]).toEqual([true, true]);
  });

  it("stays where a write names it while another one is being deleted", async () => {
    const shards = storeOn();
    const others = Array.from({ length: 8 }, (_, n) => chunk(`other ${n}`));
    const all = [...others, one];
    for (const each of all) await shards.name(each);
    for (const each of all) shards.unname(each);
    const answer = shards.gate("before delete");
    const collected = shards.collect();
    await new Promise(setImmediate);
    await shards.name(one);
    answer();
    await collected;
    expect(all.map(shards.isThere)).toEqual([...others.map(() => false), true]);
  });

  it("is stored anew where its deletion is under way", async () => {
    const shards = storeOn();
    await shards.name(one);
    shards.unname(one);
    const answer = shards.gate("before delete");
    const collected = shards.collect();
    await new Promise(setImmediate);
    const stored = shards.name(one);
    answer();
    await Promise.all([collected, stored]);
    await shards.collect();
    expect(shards.isThere(one)).toBe(true);
  });

  it("stays for as long as a write without an answer may yet name it", async () => {
    const shards = storeOn();
    await expect(shards.name(one, () => Promise.reject(lost))).rejects.toBe(lost);
    await shards.collect();
    expect(shards.isThere(one)).toBe(true);
    await shards.clock.advance(600_001);
    await shards.collect();
    expect(shards.isThere(one)).toBe(false);
  });

  it("goes at once where the write that was to name it was refused", async () => {
    const shards = storeOn();
    await expect(shards.name(one, () => Promise.reject(refused))).rejects.toBe(refused);
    await shards.collect();
    expect(shards.isThere(one)).toBe(false);
  });
});
