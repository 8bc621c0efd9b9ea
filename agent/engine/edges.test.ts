import { expect, it } from "vitest";
import { buildGraph } from "./build.ts";
import { edgesOf } from "./edges.ts";

it("a graph's edges say which somebody wrote and which follow from the objects, each once", () => {
  const object = (kind: string, name: string, more: object = {}) => ({
    apiVersion: "v1",
    kind,
    metadata: { name },
    ...more,
  });
  const uses = { spec: { containers: [{ name: "c", envFrom: [{ configMapRef: { name: "a" } }] }] } };
  const spec = {
    nodes: [
      { id: "a", object: object("ConfigMap", "a") },
      { id: "b", object: object("ConfigMap", "b"), dependsOn: ["a"] },
      { id: "pod", object: object("Pod", "pod", uses), dependsOn: ["b"] },
      { id: "both", object: object("Pod", "both", uses), dependsOn: ["a"] },
    ],
  };
  const built = buildGraph(spec, "ns", () => true);
  if (!("graph" in built)) throw new Error(built.problem);
  expect(edgesOf(spec, built.graph)).toEqual([
    { from: "a", to: "b", kind: "explicit" },
    { from: "b", to: "pod", kind: "explicit" },
    { from: "a", to: "pod", kind: "implied" },
    { from: "a", to: "both", kind: "explicit" },
  ]);
});
