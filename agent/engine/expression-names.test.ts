import { beforeAll, describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { buildGraph } from "./build.ts";
import { loadCel } from "./readiness/cel-library.ts";

beforeAll(loadCel);

const node = (id: string, dependsOn: string[] = [], reads: string[] = []): GraphNode => ({
  id,
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: id } },
  dependsOn,
  ...(reads.length > 0
    ? {
        readyWhen: [
          { type: "CEL", nodes: reads, expression: reads.map((read) => `has(nodes.${read}.x)`).join(" && ") },
        ],
      }
    : {}),
});
const problemOf = (...nodes: GraphNode[]) => {
  const built = buildGraph({ nodes }, "ns", () => true);
  return "problem" in built ? built.problem : undefined;
};

describe("the nodes that an expression reads", () => {
  it("may come before it, or beside it, wherever they stand in the list", () => {
    expect(problemOf(node("z"), node("b", ["a"], ["a", "z"]), node("a", [], ["z"]))).toBeUndefined();
    expect(problemOf(node("a", [], ["z"]), node("b", ["a"], ["a"]), node("z"))).toBeUndefined();
  });

  it.each([
    ["the next", "b"],
    ["one far below", "d"],
  ])("never come after it: %s", (_, late) => {
    expect(problemOf(node("a", [], [late]), node("b", ["a"]), node("c", ["b"]), node("d", ["c", "a"]))).toBe(
      `node 'a': its expression names '${late}', which waits for 'a': neither would ever be ready`,
    );
  });

  it("are looked at a few times each, in a chain of thousands", () => {
    const name = (n: number) => `n${n}`;
    const size = 5_000;
    const chain = Array.from({ length: size }, (_, n) =>
      node(name(n), n > 0 ? [name(n - 1)] : [], n > 1 ? [name(n - 1), name(n - 2)] : []),
    );
    const { user } = process.cpuUsage();
    expect(problemOf(...chain)).toBeUndefined();
    // Quadratic it takes a minute and more.
    expect(process.cpuUsage().user - user).toBeLessThan(10_000_000);
  });
});
