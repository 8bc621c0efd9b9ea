import { describe, expect, it } from "vitest";
import type { ImageSource } from "../../../domain/apps/image-source.ts";
import type { NovaAppSpec } from "../../../protocol/resources/app.ts";
import { renderApp } from "./app.ts";
import { renderProject } from "./project.ts";

const spec = (source: NovaAppSpec["source"]): NovaAppSpec => ({
  tenant: "acme",
  project: "shop",
  environment: "staging",
  app: "web",
  appId: "app_1",
  releaseId: "rel_1",
  revisionId: "rev_1",
  revisionNumber: 1,
  specDigest: "sha256:0",
  source,
});

const image: ImageSource = {
  image: "registry.test/web:1",
  replicas: 2,
  env: { B: "2", A: "1" },
  envFrom: [{ secret: "db", prefix: "DB_", optional: true }],
  ports: [{ name: "http", port: 8080, servicePort: 80 }],
  probes: { readiness: { http: { path: "/healthz", port: "http" }, periodSeconds: 2 } },
  files: [{ path: "/etc/web/app.conf", content: "a=1" }],
  host: "shop.example.com",
};

type Deployment = {
  spec: {
    replicas: number;
    selector: object;
    template: {
      metadata: { annotations?: Record<string, string> };
      spec: { containers: Record<string, unknown>[]; volumes?: unknown[] };
    };
  };
};
const deploymentOf = (source: ImageSource): Deployment =>
  renderApp("ns", spec({ image: source })).nodes.find((node) => node.object.kind === "Deployment")
    ?.object as unknown as Deployment;

describe("an app from an image", () => {
  it("becomes its objects, and no more than it asks for", () => {
    const kinds = (source: ImageSource): string[] =>
      renderApp("ns", spec({ image: source })).nodes.map((node) => node.id);
    expect(kinds(image)).toEqual([
      "ServiceAccount/web",
      "ConfigMap/web-files",
      "Deployment.apps/web",
      "Service/web",
      "Ingress.networking.k8s.io/web",
    ]);
    expect(kinds({ image: "a" })).toEqual(["ServiceAccount/web", "Deployment.apps/web"]);
  });

  it("carries variables in a stable order, secrets by reference, probes, ports and files", () => {
    const [container] = deploymentOf(image).spec.template.spec.containers;
    expect(container).toMatchObject({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      envFrom: [{ prefix: "DB_", secretRef: { name: "db", optional: true } }],
      ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
      readinessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 2 },
      volumeMounts: [{ name: "files", mountPath: "/etc/web/app.conf", subPath: "file-0", readOnly: true }],
    });
  });

  it("rolls its pods when a file changes, and keeps its selector whatever changes", () => {
    const changed = deploymentOf({ ...image, files: [{ path: "/etc/web/app.conf", content: "a=2" }] });
    expect(changed.spec.template.metadata.annotations).not.toEqual(
      deploymentOf(image).spec.template.metadata.annotations,
    );
    expect(changed.spec.selector).toEqual(deploymentOf({ image: "other" }).spec.selector);
  });

  it("never gives its pods a token of the API server", () => {
    expect(deploymentOf(image).spec.template.spec).toMatchObject({ automountServiceAccountToken: false });
  });
});

describe("an app from manifests", () => {
  it("lives in its environment's namespace, and is sent as it is where it names another", () => {
    const manifest = (namespace?: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", ...(namespace ? { namespace } : {}) },
    });
    const graph = renderApp("ns", spec({ raw: { manifests: [manifest(), manifest("other")] } }));
    expect(graph.nodes.map((node) => [node.id, node.object.metadata.namespace])).toEqual([
      ["ConfigMap/a", "ns"],
      ["ConfigMap/other/a", "other"],
    ]);
    expect(graph.applyAs).toEqual({ kind: "ServiceAccount", namespace: "ns", name: "kubenova-applier" });
  });
});

describe("a project", () => {
  const environments = [
    { environmentId: "env_1", name: "staging", namespace: "acme-shop-staging", adopted: false },
    { environmentId: "env_2", name: "legacy", namespace: "old", adopted: true },
  ];
  const project = { projectId: "prj_1", tenant: "acme", project: "shop", environments };
  const agent = { kind: "ServiceAccount", namespace: "kubenova-system", name: "kubenova-agent" } as const;
  const graph = renderProject(project, agent, { nodes: [], inUse: new Set() });

  it("makes a namespace, its applier, and the right to be that one applier there", () => {
    expect(
      graph.nodes
        .filter((node) => node.object.metadata.namespace === "acme-shop-staging")
        .map((node) => node.id),
    ).toEqual([
      "ServiceAccount/acme-shop-staging/kubenova-applier",
      "RoleBinding/acme-shop-staging/kubenova-applier",
      "Role/acme-shop-staging/kubenova-agent-impersonate",
      "RoleBinding/acme-shop-staging/kubenova-agent-impersonate",
    ]);
  });

  it("never deletes a namespace, and never writes an adopted one", () => {
    const policy = (id: string) => graph.nodes.find((node) => node.id === id)?.applyPolicy;
    expect(policy("Namespace/acme-shop-staging")).toEqual({ mode: "Apply", deletionPolicy: "Orphan" });
    expect(policy("Namespace/old")?.mode).toBe("Observe");
  });

  it("keeps the applier of an environment that left until its last app has gone", () => {
    const fewer = { ...project, environments: environments.slice(1) };
    const ids = (inUse: string[]) =>
      renderProject(fewer, agent, { nodes: graph.nodes, inUse: new Set(inUse) }).nodes.map((node) => node.id);
    expect(ids(["acme-shop-staging"])).toContain("ServiceAccount/acme-shop-staging/kubenova-applier");
    expect(ids([]).some((id) => id.includes("acme-shop-staging"))).toBe(false);
  });
});
