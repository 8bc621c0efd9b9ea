import { describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { buildGraph } from "./build.ts";
import { addGraph, leftOver, readInventory, toSecure, writeInventory } from "./inventory.ts";
import type { Graph } from "./model.ts";

const node = (name: string, applyPolicy: GraphNode["applyPolicy"] = {}): GraphNode => ({
  id: name,
  object: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name } },
  applyPolicy,
});
function graphOf(...nodes: GraphNode[]): Graph {
  const built = buildGraph({ nodes }, "ns", () => true);
  if ("problem" in built) throw new Error(built.problem);
  return built.graph;
}
const entry = (name: string, uid?: string) => ({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  namespace: "ns",
  name,
  ...(uid ? { uid } : {}),
});
const key = (name: string) => `Deployment.apps/ns/${name}`;

describe("the inventory", () => {
  it("is read as it was written", () => {
    const entries = [{ ...entry("a", "u"), applied: "h1", live: "h2", orphan: true }, entry("b")];
    expect(writeInventory(readInventory(entries), undefined)).toEqual(entries);
  });

  it("leaves out what the spec names and nobody has seen, except before the spec is replaced", () => {
    const graph = graphOf(node("a"), node("b"));
    const inventory = readInventory([entry("a", "u")]);
    addGraph(inventory, graph);
    expect(writeInventory(inventory, graph)).toEqual([entry("a", "u")]);
    expect(writeInventory(inventory, graph, true)).toEqual([entry("a", "u"), entry("b")]);
  });

  it("keeps what may have been applied and is named no more, seen or not", () => {
    const inventory = readInventory([]);
    addGraph(inventory, graphOf(node("a"), node("b")));
    expect(writeInventory(inventory, graphOf(node("b")))).toEqual([entry("a")]);
    expect(leftOver(inventory, graphOf(node("b"))).map((held) => held.key)).toEqual([key("a")]);
  });

  it("never holds what is only observed", () => {
    const inventory = readInventory([]);
    addGraph(inventory, graphOf(node("a", { mode: "Observe" })));
    expect(inventory.size).toBe(0);
  });

  it("remembers the deletion policy after the node has gone", () => {
    const inventory = readInventory([]);
    addGraph(inventory, graphOf(node("a", { deletionPolicy: "Orphan" })));
    expect(leftOver(inventory, graphOf())[0]?.orphan).toBe(true);
  });

  it.each([
    ["drops what is on record", [entry("a", "u"), entry("b", "u")], ["b"], false],
    ["drops what is not on record", [entry("b", "u")], ["b"], true],
    ["only adds", [], ["a", "b", "c"], false],
  ])("a spec that %s: written first or not", (_, stored, next, needed) => {
    const inventory = readInventory(stored);
    addGraph(inventory, graphOf(node("a"), node("b")));
    const graph = graphOf(...next.map((name) => node(name)));
    expect(toSecure(inventory, readInventory(stored), graph)).toBe(needed);
  });
});
