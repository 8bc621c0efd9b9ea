import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { buildGraph, type Scope } from "./build.ts";
import type { Graph } from "./model.ts";

const CLUSTER = ["Namespace", "CustomResourceDefinition", "ClusterRole", "StorageClass"];
const scope: Scope = ({ kind }) => (kind === "Widget" ? undefined : !CLUSTER.includes(kind));
const node = (kind: string, name: string, rest: object = {}, apiVersion = "v1"): GraphNode => ({
  id: `${kind}/${name}`,
  object: { apiVersion, kind, metadata: { name }, ...rest },
});
const build = (...nodes: GraphNode[]) => buildGraph({ nodes }, "ns", scope);
const built = (...nodes: GraphNode[]): Graph => {
  const result = build(...nodes);
  if ("problem" in result) throw new Error(result.problem);
  return result.graph;
};
const after = (graph: Graph, id: string) => [...(graph.nodes.get(id)?.dependsOn ?? [])].sort();

describe("a graph's implied order", () => {
  const pod = {
    serviceAccountName: "runner",
    imagePullSecrets: [{ name: "pull" }],
    volumes: [
      { configMap: { name: "mounted" } },
      { persistentVolumeClaim: { claimName: "data" } },
      { projected: { sources: [{ secret: { name: "projected" } }] } },
    ],
    containers: [
      {
        env: [{ valueFrom: { configMapKeyRef: { name: "key" } } }],
        envFrom: [{ secretRef: { name: "all" } }],
      },
    ],
  };
  const needed = [
    node("ServiceAccount", "runner"),
    node("Secret", "pull"),
    node("ConfigMap", "mounted"),
    node("PersistentVolumeClaim", "data"),
    node("Secret", "projected"),
    node("ConfigMap", "key"),
    node("Secret", "all"),
  ];

  it.each([
    ["Deployment", "apps/v1", { spec: { template: { spec: pod } } }],
    ["Job", "batch/v1", { spec: { template: { spec: pod } } }],
    ["CronJob", "batch/v1", { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }],
    ["Pod", "v1", { spec: pod }],
  ])("a %s comes after all that its pods name, and not after others", (kind, apiVersion, rest) => {
    const graph = built(...needed, node("ConfigMap", "other"), node(kind, "w", rest, apiVersion));
    expect(after(graph, `${kind}/w`)).toEqual(needed.map(({ id }) => id).sort());
  });

  it("a StatefulSet comes after what its pods name, the classes too", () => {
    const spec = {
      template: { spec: { ...pod, priorityClassName: "high" } },
      volumeClaimTemplates: [{ spec: { storageClassName: "fast" } }],
    };
    const classes = [
      node("PriorityClass", "high", {}, "scheduling.k8s.io/v1"),
      node("StorageClass", "fast", {}, "storage.k8s.io/v1"),
    ];
    const clusterWide: Scope = ({ kind }) => !kind.endsWith("Class");
    const built = buildGraph(
      { nodes: [...needed, ...classes, node("StatefulSet", "w", { spec }, "apps/v1")] },
      "ns",
      clusterWide,
    );
    if ("problem" in built) throw new Error(built.problem);
    expect(after(built.graph, "StatefulSet/w")).toEqual([...needed, ...classes].map(({ id }) => id).sort());
  });

  it("a webhook comes after its Service and the workload that answers behind it", () => {
    const labels = { app: "hook" };
    const graph = built(
      node("Service", "hook", { spec: { selector: labels } }),
      node("Deployment", "hook", { spec: { template: { metadata: { labels }, spec: {} } } }, "apps/v1"),
      node(
        "Deployment",
        "web",
        { spec: { template: { metadata: { labels: { app: "web" } }, spec: {} } } },
        "apps/v1",
      ),
      node(
        "ValidatingWebhookConfiguration",
        "hook",
        { webhooks: [{ clientConfig: { service: { name: "hook", namespace: "ns" } } }] },
        "admissionregistration.k8s.io/v1",
      ),
    );
    expect(after(graph, "ValidatingWebhookConfiguration/hook")).toEqual(["Deployment/hook", "Service/hook"]);
  });

  it("a namespace comes before what is in it, also by the graph's own namespace", () => {
    const graph = built(node("Namespace", "ns"), node("ConfigMap", "a"));
    expect(after(graph, "ConfigMap/a")).toEqual(["Namespace/ns"]);
  });

  it("a definition comes before its instances, and says that they are namespaced", () => {
    const definition = { spec: { group: "test.io", names: { kind: "Widget" }, scope: "Namespaced" } };
    const crd = node("CustomResourceDefinition", "widgets.test.io", definition, "apiextensions.k8s.io/v1");
    const graph = built(node("Widget", "w", {}, "test.io/v1"), crd);
    expect(after(graph, "Widget/w")).toEqual([crd.id]);
    expect(graph.nodes.get("Widget/w")?.ref.namespace).toBe("ns");
  });

  it("rights come in the order role, account, binding, and before the pods that need them", () => {
    const rbac = "rbac.authorization.k8s.io/v1";
    const binding = node(
      "RoleBinding",
      "b",
      { roleRef: { kind: "Role", name: "r" }, subjects: [{ kind: "ServiceAccount", name: "runner" }] },
      rbac,
    );
    const graph = built(
      node("Deployment", "w", { spec: { template: { spec: { serviceAccountName: "runner" } } } }, "apps/v1"),
      binding,
      node("Role", "r", {}, rbac),
      node("ServiceAccount", "runner"),
    );
    expect(after(graph, binding.id)).toEqual(["Role/r", "ServiceAccount/runner"]);
    expect(after(graph, "Deployment/w")).toEqual([binding.id, "ServiceAccount/runner"]);
  });

  it("a webhook comes after the service that answers it", () => {
    const hook = node(
      "ValidatingWebhookConfiguration",
      "h",
      { webhooks: [{ clientConfig: { service: { name: "s", namespace: "ns" } } }] },
      "admissionregistration.k8s.io/v1",
    );
    expect(after(built(hook, node("Service", "s")), hook.id)).toEqual(["Service/s"]);
  });

  it("a cluster-scoped object gets no namespace", () => {
    expect(built(node("ClusterRole", "r")).nodes.get("ClusterRole/r")?.object.metadata).toEqual({
      name: "r",
    });
  });
});

describe("a graph is refused", () => {
  const on = (id: string, ...dependsOn: string[]): GraphNode => ({ ...node("ConfigMap", id), id, dependsOn });
  it.each([
    ["with the cycle spelled out", [on("a", "b"), on("b", "c"), on("c", "a")], /cycle: a → b → c → a/],
    ["for an id that is not there", [on("a", "ghost")], /'a' depends on 'ghost', which is not in the graph/],
    ["for two equal ids", [on("a"), on("a")], /two nodes have the id 'a'/],
    [
      "for one object twice",
      [on("a"), { ...on("b"), object: on("a").object }],
      /'a' and 'b' are the same object/,
    ],
  ])("%s", (_, nodes, message) => {
    const result = build(...nodes);
    expect("problem" in result ? result.problem : "").toMatch(message);
  });
});

describe("any acyclic graph", () => {
  const edges = fc
    .integer({ min: 1, max: 40 })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, n) =>
          fc.uniqueArray(fc.nat({ max: Math.max(0, n - 1) }), { maxLength: n }),
        ),
      ),
    );
  it("is ordered so that each node comes after what it depends on", () => {
    fc.assert(
      fc.property(edges, (lists) => {
        const nodes = lists.map(
          (list, n): GraphNode => ({
            ...node("ConfigMap", `m${n}`),
            id: `m${n}`,
            dependsOn: list.filter((other) => other < n).map((other) => `m${other}`),
          }),
        );
        const { order, nodes: all } = built(...nodes.toReversed());
        expect(order).toHaveLength(nodes.length);
        const place = new Map(order.map((id, index) => [id, index]));
        for (const { id, dependsOn } of all.values())
          for (const other of dependsOn) expect(place.get(other)).toBeLessThan(place.get(id) as number);
      }),
    );
  });
});
