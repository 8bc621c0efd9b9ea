import { describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import type { KubeObject, LiveObject } from "../kube/index.ts";
import { buildGraph } from "./build.ts";
import { ignoreProblem, pathOf, releasePatch, withoutFields } from "./ignored.ts";

const object: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", annotations: { "a/b": "1", c: "2" } },
  spec: { replicas: 3, template: { spec: { containers: [{ name: "web", image: "web:1" }] } } },
};

describe("an ignored field", () => {
  it.each<[string, (from: typeof object) => unknown, unknown]>([
    ["/spec/replicas", ({ spec }) => Object.keys(spec as object), ["template"]],
    ["/metadata/annotations/a~1b", ({ metadata }) => metadata.annotations, { c: "2" }],
    [
      "/spec/template/spec/containers/0/image",
      ({ spec }) => spec,
      { replicas: 3, template: { spec: { containers: [{ name: "web" }] } } },
    ],
    ["/spec/nothing/there", ({ spec }) => spec, object.spec],
  ])("%s is not sent", (pointer, look, rest) => {
    expect(look(withoutFields(object, [pathOf(pointer)]))).toEqual(rest);
  });

  it("takes the containers along that it leaves empty", () => {
    const small = { ...object, spec: { deep: { only: 1 } } };
    expect(withoutFields(small, [["spec", "deep", "only"]])).not.toHaveProperty("spec");
  });

  it.each([
    ["spec/replicas", "no JSON pointer"],
    ["/spec/~2", "no JSON pointer"],
    ["/spec//x", "empty step"],
    ["/", "empty step"],
    ["/kind", "known by it"],
    ["/metadata", "known by it"],
    ["/metadata/name", "known by it"],
    ["/metadata/annotations/kubenova.io~1graph-uid", "known by it"],
  ])("%s is refused: %s", (pointer, says) => expect(ignoreProblem(pointer)).toContain(says));

  it("that is refused refuses the graph, with the node and the place", () => {
    const node = { id: "web", object, applyPolicy: { ignoreFields: ["/spec/x", "kind"] } } as GraphNode;
    expect(buildGraph({ nodes: [node] }, "ns", () => true)).toEqual({
      problem: "node 'web': ignoreFields[1]: 'kind' is no JSON pointer, such as /spec/replicas",
    });
  });
});

describe("the replicas of what an autoscaler of the graph scales", () => {
  const autoscaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, maxReplicas: 5 },
  };
  const ignoredOf = (name: string): unknown => {
    const nodes = [
      { id: "web", object: { ...object, metadata: { name } } },
      { id: "hpa", object: autoscaler },
    ];
    const built = buildGraph({ nodes: nodes as GraphNode[] }, "ns", () => true);
    return "graph" in built ? built.graph.nodes.get("web")?.ignore : built;
  };
  it("are ignored", () => expect(ignoredOf("web")).toEqual([["spec", "replicas"]]));
  it("and those of others are not", () => expect(ignoredOf("other")).toEqual([]));
});

describe("letting go of a field that an earlier apply wrote", () => {
  const live = (fieldsV1: Record<string, unknown>): LiveObject => ({
    ...object,
    metadata: {
      ...{ name: "web", uid: "u", resourceVersion: "7" },
      managedFields: [
        { manager: "other", operation: "Update", fieldsV1: { "f:spec": {} } },
        { manager: "kubenova", operation: "Apply", fieldsV1 },
      ],
    },
  });
  const fieldsAfter = (fields: Record<string, unknown>, pointer: string): unknown => {
    const patch = releasePatch(live(fields), [pathOf(pointer)]);
    return (patch?.[1] as { value: { fieldsV1: unknown } } | undefined)?.value.fieldsV1;
  };
  const container = 'k:{"name":"web"}';
  const image = (inner: object) => ({
    "f:spec": { "f:template": { "f:spec": { "f:containers": { [container]: { ".": {}, ...inner } } } } },
  });

  it("leaves the others ours, for this version of the object alone", () => {
    const fields = { "f:spec": { "f:replicas": {}, "f:paused": {} } };
    expect(releasePatch(live(fields), [["spec", "replicas"]])).toEqual([
      { op: "test", path: "/metadata/resourceVersion", value: "7" },
      {
        op: "replace",
        path: "/metadata/managedFields/1",
        value: { manager: "kubenova", operation: "Apply", fieldsV1: { "f:spec": { "f:paused": {} } } },
      },
    ]);
  });
  it("finds items of lists by their keys", () =>
    expect(
      fieldsAfter(image({ "f:name": {}, "f:image": {} }), "/spec/template/spec/containers/0/image"),
    ).toEqual(image({ "f:name": {} })));
  it("is nothing where it is not ours", () =>
    expect(fieldsAfter({ "f:spec": { "f:paused": {} } }, "/spec/replicas")).toBeUndefined());
});
