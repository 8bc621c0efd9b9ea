import type { Kube, KubeObject, LiveObject, ObjectRef } from "../../agent/kube/index.ts";
import type {
  GraphNode,
  NodeStatus,
  ResourceGraphSpec,
  ResourceGraphStatus,
} from "../../protocol/resources/graph.ts";
import { until } from "../lib/until.ts";
import { prepareNamespace } from "./scene.ts";

const API_VERSION = "kubenova.io/v1alpha1";

/** Graphs of one namespace that a test writes, and how they stand. */
export class Graphs {
  readonly kube: Kube;
  readonly namespace: string;

  private constructor(kube: Kube, namespace: string) {
    this.kube = kube;
    this.namespace = namespace;
  }

  static async open(kube: Kube, namespace: string): Promise<Graphs> {
    await prepareNamespace(kube, namespace);
    return new Graphs(kube, namespace);
  }

  /** In a namespace that is there, with what rights the test has given. */
  static attach = (kube: Kube, namespace: string): Graphs => new Graphs(kube, namespace);

  #ref = (name: string): ObjectRef => ({
    ...{ apiVersion: API_VERSION, kind: "ResourceGraph", namespace: this.namespace, name },
  });

  /** Makes the graph or replaces its specification; answers its generation. */
  async write(
    name: string,
    nodes: readonly GraphNode[],
    more: Partial<ResourceGraphSpec> = {},
  ): Promise<number> {
    const { apiVersion, kind, namespace } = this.#ref(name);
    const spec: ResourceGraphSpec = {
      applyAs: { kind: "ServiceAccount", name: "kubenova-applier" },
      nodes: [...nodes],
      ...more,
    };
    const object = { apiVersion, kind, metadata: { name, namespace: namespace ?? "" }, spec };
    const live = await this.kube.apply(object, { fieldManager: "person", force: true });
    return live.metadata.generation ?? 0;
  }

  /** Waits until the status speaks of the newest generation, and `check` holds. */
  async await(
    name: string,
    what: string,
    check: (status: ResourceGraphStatus, node: (id: string) => NodeStatus | undefined) => boolean,
    deadlineMs = 30_000,
  ): Promise<ResourceGraphStatus> {
    return until(
      `graph ${name}: ${what}`,
      async () => {
        const { metadata, status } = (await this.kube.get(this.#ref(name))) as LiveObject & {
          status?: ResourceGraphStatus;
        };
        const isNewest = status?.observedGeneration === metadata.generation;
        if (status && isNewest && check(status, (id) => status.nodes?.find((node) => node.id === id)))
          return status;
        const { phase, message, nodes } = status ?? {};
        throw new Error(`it says ${JSON.stringify({ phase, message, nodes })}`);
      },
      { deadlineMs },
    );
  }

  awaitReady = (name: string, deadlineMs?: number) =>
    this.await(name, "is Ready", ({ phase }) => phase === "Ready", deadlineMs);

  /** Waits until the node's message contains this, in this state. */
  async awaitNode(
    name: string,
    id: string,
    state: string,
    says = "",
    deadlineMs?: number,
  ): Promise<NodeStatus> {
    const status = await this.await(
      name,
      `${id} is ${state} ${says}`,
      (_, node) => node(id)?.state === state && (node(id)?.message ?? "").includes(says),
      deadlineMs,
    );
    return status.nodes?.find((node) => node.id === id) as NodeStatus;
  }

  live = (object: Pick<KubeObject, "apiVersion" | "kind">, name: string): Promise<LiveObject> =>
    this.kube.get({ ...object, namespace: this.namespace, name });

  /** As the controller of that kind would. */
  async setStatus(
    object: Pick<KubeObject, "apiVersion" | "kind">,
    name: string,
    status: object,
  ): Promise<void> {
    const ref = { apiVersion: object.apiVersion, kind: object.kind, namespace: this.namespace, name };
    await this.kube.patch(ref, { status }, { subresource: "status", fieldManager: "controller" });
  }

  async close(): Promise<void> {
    await this.kube.delete({ apiVersion: "v1", kind: "Namespace", name: this.namespace });
  }
}

export const mapNode = (
  name: string,
  data: Record<string, string> = { a: "1" },
  more: Partial<GraphNode> = {},
): GraphNode => ({
  id: name,
  object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data },
  ...more,
});
