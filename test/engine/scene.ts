import { isKind, type Kube, type KubeObject, type LiveObject } from "../../agent/kube/index.ts";
import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { ResourceGraphSpec, ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { ensureNamespace } from "../kube/fixture.ts";
import { until } from "../lib/until.ts";
import { Ledger, type Verdict } from "./ledger.ts";
import {
  type KillAt,
  type OperatorProcess,
  type OperatorStarter,
  operatorStarter,
} from "./operator-process.ts";

const API_VERSION = "kubenova.io/v1alpha1";
const DEADLINE_MS = 120_000;
/** Looks at a graph cost the API server as much as the graph is large. */
const LOOK_EVERY_MS = 100;

type LiveGraph = LiveObject & { status?: ResourceGraphStatus };

/** One graph in a namespace of its own, written by a person, and the operator beside it, which dies when told. */
export class Scene {
  readonly kube: Kube;
  readonly ledger: Ledger;
  readonly #ref: { apiVersion: string; kind: string; namespace: string; name: string };
  readonly #operators: OperatorStarter;
  readonly #others: KubeObject[];
  operator: OperatorProcess | undefined;
  #spec: ResourceGraphSpec | undefined;
  #uid = "";
  #kills = 0;

  private constructor(kube: Kube, operators: OperatorStarter, namespace: string, name: string) {
    this.kube = kube;
    this.#operators = operators;
    this.ledger = new Ledger(kube, namespace);
    this.#ref = { apiVersion: API_VERSION, kind: "ResourceGraph", namespace, name };
    this.#others = ["ConfigMap", "Secret"].map((kind) => ({
      ...{ apiVersion: "v1", kind, metadata: { name: "of-somebody-else", namespace } },
    }));
  }

  static async open(kube: Kube, kubeconfig: string, namespace: string): Promise<Scene> {
    await prepareNamespace(kube, namespace);
    const scene = new Scene(kube, await operatorStarter(kubeconfig), namespace, "storm");
    for (const other of scene.#others) await kube.create(other);
    await scene.ledger.synced;
    return scene;
  }

  get kills(): number {
    return this.#kills;
  }

  /** Makes the graph, or replaces its specification, as `kubectl apply` does. */
  async write(spec: ResourceGraphSpec): Promise<void> {
    this.ledger.next(spec);
    this.#spec = spec;
    const { apiVersion, kind, namespace, name } = this.#ref;
    const object = { apiVersion, kind, metadata: { namespace, name }, spec };
    this.#uid = (await this.kube.apply(object, { fieldManager: "person", force: true })).metadata.uid;
  }

  /** As a person does who wants a former graph back, or, with null, his own. `spec`: what is to be there then. */
  async rollBack(rollbackTo: string | null, spec: ResourceGraphSpec): Promise<void> {
    this.ledger.next(spec);
    this.#spec = spec;
    await this.kube.patch(this.#ref, { spec: { rollbackTo } }, { fieldManager: "person" });
  }

  /** The graph as it is stored. */
  graph = async (): Promise<LiveGraph> => (await this.kube.get(this.#ref)) as LiveGraph;

  async delete(): Promise<void> {
    await this.kube.delete(this.#ref);
    this.ledger.next({ ...(this.#spec as ResourceGraphSpec), nodes: [] });
    this.#spec = undefined;
  }

  /** The operator that runs, or a new one. It may be told when to die. */
  start(killAt?: KillAt): OperatorProcess {
    if (!this.operator?.isAlive) this.operator = this.#operators.start();
    if (killAt) this.operator.dieAt(killAt);
    return this.operator;
  }

  async kill(): Promise<void> {
    await this.operator?.kill();
    this.#kills += 1;
  }

  /** Waits for the operator to die where it was told to, or to have no more to do. @returns whether it died */
  async diesOrIsDone(operator: OperatorProcess): Promise<boolean> {
    await until("the operator dies, or is done", async () => !operator.isAlive || (await this.#isDone()), {
      ...{ deadlineMs: DEADLINE_MS, everyMs: LOOK_EVERY_MS },
    });
    if (operator.isAlive) return false;
    await operator.wasKilled;
    this.#kills += 1;
    return true;
  }

  /** Lets an operator finish, and compares the cluster with the graph. */
  async finish(): Promise<Verdict> {
    const operator = this.start();
    await operator.synced;
    await until("the graph is done", () => this.#isDone(), {
      deadlineMs: DEADLINE_MS,
      everyMs: LOOK_EVERY_MS,
    });
    const verdict = await this.ledger.judge(this.#uid, this.#spec, this.#others);
    this.ledger.settled();
    return verdict;
  }

  async close(): Promise<void> {
    await this.ledger.stop();
    await this.#operators.close();
    const { namespace } = this.#ref;
    await this.kube.patch(this.#ref, { metadata: { finalizers: null } }).catch(() => {});
    await this.kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace });
  }

  /** Ready under its newest generation; where it was deleted: gone. */
  async #isDone(): Promise<boolean> {
    try {
      const { metadata, status } = await this.graph();
      if (status?.phase === "Failed") throw new Error(`the graph failed: ${status.message}`);
      return (
        this.#spec !== undefined &&
        status?.phase === "Ready" &&
        status.observedGeneration === metadata.generation
      );
    } catch (error) {
      if (isKind(error, "notFound")) return this.#spec === undefined;
      throw error;
    }
  }
}

/** A namespace where graphs may be applied: its applier may do everything in it. */
export async function prepareNamespace(kube: Kube, namespace: string): Promise<void> {
  await ensureNamespace(kube, namespace);
  const applier = { kind: "ServiceAccount", name: APPLIER_SERVICE_ACCOUNT, namespace };
  await kube.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: applier.name, namespace } });
  await kube.apply({
    ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" },
    metadata: { name: "applier-does-everything", namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [applier],
  });
}
