import { describe, expect, it } from "vitest";
import type { NodeStatus } from "../../protocol/resources/graph.ts";
import { MAX_NODES } from "../../protocol/resources/graph.ts";
import { MAX_SHARD_BYTES, MAX_SHARDS } from "../../protocol/resources/graph-shard.ts";
import { chunksOfNodes, nodesOfChunks } from "./node-lines.ts";
import { type Chunk, escapedBytes } from "./shards.ts";

const SINCE = "2026-11-21T10:00:00.000Z";
const node = (n: number, more: Partial<NodeStatus> = {}): NodeStatus => ({
  ...{ id: `ConfigMap/c-${n}`, kind: "ConfigMap", namespace: "ns", name: `c-${n}`, state: "Ready" },
  ...{ since: SINCE, uid: `uid-${n}`, hash: "x".repeat(64), ...more },
});
const nodes = (count: number, more?: Partial<NodeStatus>) =>
  Array.from({ length: count }, (_, n) => node(n, more));
const chunks = (some: readonly NodeStatus[]): Chunk[] => chunksOfNodes(some) ?? [];
const fresh = (some: readonly Chunk[], before: readonly Chunk[]) =>
  some.filter(({ digest }) => !before.some((one) => one.digest === digest));
const byId = (some: readonly NodeStatus[]) => [...some].sort((a, b) => (a.id < b.id ? -1 : 1));

describe("the states of all nodes, as shards", () => {
  it.each([201, 500, MAX_NODES])("are all there, of %i nodes", (count) => {
    const all = nodes(count);
    const read = nodesOfChunks(chunks(all).map(({ content }) => content));
    expect(byId(read)).toEqual(byId(all));
  });

  it.each([201, 500, MAX_NODES])(
    "change in one shard where one of %i nodes changes, comes or goes",
    (count) => {
      const before = chunks(nodes(count));
      expect(before.length).toBeGreaterThan(1);
      const changed = nodes(count).map((one, n) =>
        n === 100 ? node(n, { state: "Failed", message: "no" }) : one,
      );
      expect(fresh(chunks(changed), before)).toHaveLength(1);
      expect(fresh(chunks(nodes(count).filter((_, n) => n !== 100)), before)).toHaveLength(1);
      expect(fresh(chunks(nodes(count + 1)), before)).toHaveLength(1);
    },
  );

  it("are in the order of no one: who sorts them otherwise writes nothing", () => {
    expect(chunks(nodes(500).reverse())).toEqual(chunks(nodes(500)));
  });

  it.each([
    ["long messages", { message: "m".repeat(5_000), lastError: "e".repeat(5_000) }],
    ["many details", { readyDetails: Array.from({ length: 16 }, () => '"quoted"'.repeat(120)) }],
    ["what escapes to many bytes", { message: "\u0001".repeat(1_024), lastError: "😀".repeat(500) }],
  ])("stay within what a graph may name, with %s at every node", (_, more) => {
    const all = nodes(MAX_NODES, { ...more, state: "Failed" });
    const some = chunks(all);
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThanOrEqual(MAX_SHARDS);
    for (const { content } of some) expect(escapedBytes(content)).toBeLessThanOrEqual(MAX_SHARD_BYTES);
    const read = nodesOfChunks(some.map(({ content }) => content));
    expect(new Set(read.map(({ id, state }) => `${id} ${state}`)).size).toBe(MAX_NODES);
  });

  it("are given up where ids alone are too long", () => {
    const hostile = Array.from({ length: MAX_NODES }, (_, n) =>
      node(n, { id: `${"\u0001".repeat(500)}${n}` }),
    );
    expect(chunksOfNodes(hostile)).toBeUndefined();
  });
});
