import { describe, expect, it } from "vitest";
import { blockedNodes, whyBlocked } from "./blocked.ts";
import { buildGraph } from "./build.ts";
import type { Graph } from "./model.ts";
import { createSchedule } from "./schedule.ts";

function graphOf(edges: Record<string, string[]>): Graph {
  const nodes = Object.entries(edges).map(([id, dependsOn]) => ({
    id,
    dependsOn,
    object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: id } },
  }));
  const built = buildGraph({ nodes }, "ns", () => true);
  if ("problem" in built) throw new Error(built.problem);
  return built.graph;
}

/** Why `id` has not started, with these nodes done and those failed. */
function why(edges: Record<string, string[]>, id: string, done: string[] = [], failed: string[] = []) {
  const graph = graphOf(edges);
  const schedule = createSchedule(graph);
  for (const one of done) schedule.done(one);
  const blocked = blockedNodes(graph, schedule, (one) => failed.includes(one)).get(id);
  if (!blocked) return undefined;
  return whyBlocked(blocked, (one) =>
    failed.includes(one) ? "is Failed (no such image)" : "is not ready yet",
  );
}

describe("why a node has not started", () => {
  const pair = { a: [], b: [], c: ["a", "b"] };

  it("is a dependency of its own that is not ready", () => {
    expect(why(pair, "c")).toBe("waits for 'a', which is not ready yet and 1 more");
    expect(why(pair, "c", ["a"])).toBe("waits for 'b', which is not ready yet");
    expect(why(pair, "c", ["a", "b"])).toBeUndefined();
  });

  it("names the failed one, though another that is not ready comes first", () => {
    expect(why(pair, "c", [], ["b"])).toBe("waits for 'b', which is Failed (no such image) and 1 more");
  });

  it("names what is at the bottom of it, however far down", () => {
    const chain = { a: [], b: ["a"], c: ["b"], d: ["c"] };
    expect(why(chain, "d", [], ["a"])).toBe("waits for 'c', held up by 'a', which is Failed (no such image)");
    expect(why(chain, "d", ["a"], ["b"])).toBe(
      "waits for 'c', held up by 'b', which is Failed (no such image)",
    );
  });
});
