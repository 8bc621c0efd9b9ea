import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";

type Manifest = GraphNode["object"];

/** So many of each of five kinds: Deployments, the ConfigMaps and Secrets that they name, Services, Roles. */
export function mixedObjects(count: number, prefix: string, namespace: string): Manifest[] {
  return Array.from({ length: Math.ceil(count / 5) }, (_, n) => setOf(`${prefix}-${n}`, namespace))
    .flat()
    .slice(0, count);
}

function setOf(name: string, namespace: string): Manifest[] {
  const metadata = { name, namespace, labels: { "example.com/set": name } };
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { "settings.yaml": `name: ${name}\nlog: info\n` },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      data: { key: Buffer.from(`${name}-key`).toString("base64") },
    },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: [RULE] },
    { apiVersion: "v1", kind: "Service", metadata, spec: service(name) },
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: deployment(name) },
  ];
}

const RULE = { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "watch"] };

const service = (name: string) => ({
  selector: { app: name },
  ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
});

/** Without pods, which nobody here would run. */
const deployment = (name: string) => ({
  replicas: 0,
  selector: { matchLabels: { app: name } },
  template: {
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        {
          name: "web",
          image: "registry.example.com/shop/web:1",
          env: [{ name: "LOG_LEVEL", value: "info" }],
          envFrom: [{ configMapRef: { name } }, { secretRef: { name } }],
          ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
          resources: { requests: { cpu: "10m", memory: "16Mi" } },
        },
      ],
    },
  },
});

/** One graph of them. A Deployment counts as ready when it is there: its controller's work is no part of an apply. */
export const graphOf = (objects: readonly Manifest[], version = "1"): ResourceGraphSpec => ({
  applyAs: { kind: "ServiceAccount", name: APPLIER_SERVICE_ACCOUNT },
  metadata: { name: "bench", version },
  nodes: objects.map((object) => ({
    id: `${object.kind}/${object.metadata.name}`,
    object,
    ...(object.kind === "Deployment" ? { readyWhen: [{ type: "Exists" }] } : {}),
  })),
});
