import type { ImageSource } from "../../../domain/apps/image-source.ts";
import type { GraphNode } from "../../../protocol/resources/graph.ts";
import { nodeId, podSelector } from "./names.ts";
import { fileKey, filesName, podSpec } from "./pod.ts";

type Json = Record<string, unknown>;

const REVISION_HISTORY = 3;

export interface ImageApp {
  app: string;
  namespace: string;
  source: ImageSource;
  /** Hash of the files' content: a change rolls the pods, which would not notice it otherwise. */
  filesHash: string;
  /** Those of the graph: pods carry them too (decisions.md 19). The selector never changes. */
  labels: Readonly<Record<string, string>>;
}

/**
 * An app from an image: ServiceAccount, ConfigMap for its files, Deployment, Service where it has ports, Ingress where
 * it has a host. Pure: equal apps render to equal nodes, in the same order.
 */
export function renderImage({ app, namespace, source, filesHash, labels }: ImageApp): GraphNode[] {
  const node = (apiVersion: string, kind: string, name: string, body: Json): GraphNode => {
    const object = { apiVersion, kind, metadata: { name, namespace }, ...body };
    return { id: nodeId(object, namespace), object };
  };
  return [
    node("v1", "ServiceAccount", app, { automountServiceAccountToken: false }),
    ...(source.files?.length
      ? [node("v1", "ConfigMap", filesName(app), { data: fileData(source.files) })]
      : []),
    node("apps/v1", "Deployment", app, { spec: deployment(app, source, filesHash, labels) }),
    ...(source.ports?.length ? [node("v1", "Service", app, { spec: service(app, source.ports) })] : []),
    ...(source.host && source.ports?.[0]
      ? [
          node("networking.k8s.io/v1", "Ingress", app, {
            spec: ingress(app, source.host, source.ports[0].name),
          }),
        ]
      : []),
  ];
}

const fileData = (files: NonNullable<ImageSource["files"]>): Json =>
  Object.fromEntries(files.map((file, index) => [fileKey(index), file.content]));

function deployment(
  app: string,
  source: ImageSource,
  filesHash: string,
  graphLabels: Readonly<Record<string, string>>,
): Json {
  return {
    replicas: source.replicas ?? 1,
    revisionHistoryLimit: REVISION_HISTORY,
    selector: { matchLabels: podSelector(app) },
    template: {
      metadata: {
        labels: { ...graphLabels, ...podSelector(app), "app.kubernetes.io/managed-by": "kubenova" },
        ...(source.files?.length ? { annotations: { "kubenova.io/files-hash": filesHash } } : {}),
      },
      spec: podSpec(app, source),
    },
  };
}

function service(app: string, ports: NonNullable<ImageSource["ports"]>): Json {
  return {
    selector: podSelector(app),
    ports: ports.map(({ name, port, servicePort, protocol }) => ({
      name,
      port: servicePort ?? port,
      targetPort: name,
      protocol: protocol ?? "TCP",
    })),
  };
}

/** To the first port; the cluster's default class serves it. */
const ingress = (app: string, host: string, portName: string): Json => ({
  rules: [
    {
      host,
      http: {
        paths: [
          { path: "/", pathType: "Prefix", backend: { service: { name: app, port: { name: portName } } } },
        ],
      },
    },
  ],
});
