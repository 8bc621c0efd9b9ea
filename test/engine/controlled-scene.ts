import type { Kube, KubeObject, LiveObject } from "../../agent/kube/index.ts";
import { graphNameOf } from "../../agent/operator/render/app-kind.ts";
import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { until } from "../lib/until.ts";
import { API, app, project, raw, removeEverything } from "../operator/fixture.ts";
import { inline, transform } from "../operator/transforms.ts";
import { agentProgram } from "../services/go-binary.ts";
import { hook, watchHooks } from "./hooks.ts";
import { Ledger, type Verdict } from "./ledger.ts";
import { type KillAt, type OperatorProcess, operatorStarter } from "./operator-process.ts";
import type { Revisions } from "./revisions.ts";

const DEADLINE_MS = 120_000;
const NAME = "storm";

/** Makes of its input what the input says. */
const MODULE = `package storm
#Input: nodes: [...{id: string, ...}]
input: #Input
nodes: {for one in input.nodes {(one.id): {for key, value in one if key != "id" {(key): value}}}}
`;

export type Controller = "NovaApp" | "Transform";

/** One App or Transform that is revised again and again, and the operator that renders and carries it out, and dies. */
export async function openControlled(kube: Kube, kubeconfig: string, kind: Controller, bulk: GraphNode[]) {
  const of = `${kind.toLowerCase()}${Date.now().toString(36)}`;
  const namespace = `acme-${of}-prod`;
  const operators = await operatorStarter(kubeconfig, await agentProgram("renderer"));
  let operator: OperatorProcess | undefined;
  let revision = 0;
  let nodes: GraphNode[] = [];
  let hooks: string[] = [];
  const start = (killAt?: KillAt): OperatorProcess => {
    if (!operator?.isAlive) operator = operators.start();
    if (killAt) operator.dieAt(killAt);
    return operator;
  };
  start();
  await kube.apply(project(of));
  await until("the project is Ready", () => isReady(kube, { kind: "NovaProject", name: `acme.${of}` }));
  await kube.apply(ofEverything(namespace));
  const jobs = await watchHooks(kube, namespace);
  const ledger = new Ledger(kube, namespace, { lags: true });
  await ledger.synced;

  const resource = { kind, namespace, name: NAME };
  const graph = {
    kind: "ResourceGraph",
    namespace,
    name: kind === "NovaApp" ? graphNameOf(NAME) : `transform-${NAME}`,
  };
  const written = (all: readonly GraphNode[]): KubeObject =>
    kind === "NovaApp"
      ? app({ project: of, name: NAME, revision, source: raw(...all.map(({ object }) => object)) })
      : transform({ namespace, name: NAME, spec: inline(MODULE, { nodes: all }) });
  const isDone = async () => (await isReady(kube, resource)) && (await isReady(kube, graph));

  return {
    start,
    isDone,
    /** Replaces what the resource asks for, with a hook of this revision and of the one before. */
    async write(revisions: Revisions): Promise<void> {
      revision += 1;
      nodes = [...revisions.spec().nodes, ...bulk];
      hooks = [revision - 1, revision].filter((n) => n > 0).map((n) => `hook-${n}`);
      ledger.next({ applyAs: { kind: "Agent" }, nodes });
      await kube.apply(written([...nodes, ...hooks.map((name) => hook(name, name))]), { force: true });
    },
    /** Lets an operator finish, and compares the cluster with the last revision. */
    async finish(): Promise<Verdict> {
      await start().synced;
      await until("the last revision is done", isDone, { deadlineMs: DEADLINE_MS, everyMs: 100 });
      const live = await kube.get({ apiVersion: API, ...graph });
      const verdict = await ledger.judge(live.metadata.uid, { applyAs: { kind: "Agent" }, nodes }, []);
      ledger.settled();
      const all = Array.from({ length: revision }, (_, n) => `hook-${n + 1}`);
      const again = all.filter(
        (name) => jobs.runsOf(name) > 1 || (hooks.includes(name) && !jobs.runsOf(name)),
      );
      const says = again.map((name) => `${name} ran ${jobs.runsOf(name)} times`);
      const duplicated = verdict.duplicated + again.length;
      return { ...verdict, duplicated, says: [...verdict.says, ...says] };
    },
    /** The graph as it is stored. */
    graph: () => kube.get({ apiVersion: API, ...graph }),
    async close(): Promise<void> {
      await start().synced;
      await jobs.stop();
      await ledger.stop();
      await removeEverything(kube);
      await operators.close();
    },
  };
}

type Stood = LiveObject & { status?: { phase?: string; observedGeneration?: number } };

/** Under its newest generation. */
async function isReady(
  kube: Kube,
  ref: { kind: string; namespace?: string; name: string },
): Promise<boolean> {
  const { metadata, status } = (await kube.get({ apiVersion: API, ...ref })) as Stood;
  if (status?.phase === "Ready" && status.observedGeneration === metadata.generation) return true;
  throw new Error(`${ref.kind} ${ref.name} of ${metadata.generation} says ${JSON.stringify(status)}`);
}

/** The applier of an environment may do less than the revisions ask for. */
const ofEverything = (namespace: string): KubeObject => ({
  ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" },
  metadata: { name: "applier-does-everything", namespace },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ kind: "ServiceAccount", name: APPLIER_SERVICE_ACCOUNT, namespace }],
});
