import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildGraph } from "./build.ts";
import type { Graph } from "./model.ts";
import { createSchedule } from "./schedule.ts";

function graphOf(edges: Record<string, string[]>): Graph {
  const nodes = Object.entries(edges).map(([id, dependsOn]) => ({
    id,
    dependsOn,
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: id } },
  }));
  const result = buildGraph({ nodes }, "ns", () => true);
  if ("problem" in result) throw new Error(result.problem);
  return result.graph;
}

describe("a schedule", () => {
  it("frees a node the moment its own dependencies are done, whatever its level", () => {
    const schedule = createSchedule(graphOf({ a: [], slow: [], b: ["a"], c: ["b", "slow"] }));
    expect(schedule.first).toEqual(["a", "slow"]);
    expect(schedule.done("a")).toEqual(["b"]);
    expect(schedule.done("b")).toEqual([]);
    expect(schedule.done("slow")).toEqual(["c"]);
  });

  it("frees nothing twice", () => {
    const schedule = createSchedule(graphOf({ a: [], b: ["a"] }));
    expect(schedule.done("a")).toEqual(["b"]);
    expect(schedule.done("a")).toEqual([]);
  });

  it("with random failures: nothing runs before its dependencies, only what hangs on a failure stays, it always ends", () => {
    const size = 25;
    const arbitrary = fc.record({
      lists: fc.array(fc.array(fc.nat({ max: size }), { maxLength: 5 }), {
        minLength: size,
        maxLength: size,
      }),
      failing: fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 4 }),
      picks: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(arbitrary, ({ lists, failing, picks }) => {
        const edges = Object.fromEntries(
          lists.map((list, n) => [
            `n${n}`,
            [...new Set(list.filter((other) => other < n))].map((other) => `n${other}`),
          ]),
        );
        const fails = new Set(failing.map((n) => `n${n}`));
        const schedule = createSchedule(graphOf(edges));
        const open = [...schedule.first];
        const ran = new Set<string>();
        while (open.length > 0) {
          const [id = ""] = open.splice(picks.next().value % open.length, 1);
          expect(ran.has(id)).toBe(false);
          for (const needed of edges[id] ?? []) expect(schedule.isDone(needed)).toBe(true);
          ran.add(id);
          if (!fails.has(id)) open.push(...schedule.done(id));
        }
        const hangs = (id: string): boolean => fails.has(id) || (edges[id] ?? []).some(hangs);
        for (const id of Object.keys(edges)) expect(schedule.isDone(id)).toBe(!hangs(id));
      }),
    );
  });
});
