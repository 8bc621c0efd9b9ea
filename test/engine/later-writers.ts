import { isKind, type Kube } from "../../agent/kube/index.ts";
import { LABEL } from "../../domain/names/labels.ts";
import { installDefinitions } from "../agent/run.ts";
import { clientPrograms } from "../cluster/existing.ts";
import { kubeFixture } from "../kube/fixture.ts";
import { type Kubectl, kubectl as kubectlOf } from "../lib/kubectl.ts";
import { until } from "../lib/until.ts";
import { renderedChart } from "../services/rendered-chart.ts";
import { runEngine } from "./graphs.ts";
import { Graphs } from "./team-graphs.ts";

export const POLICY_NAME = "kubenova-later-writers";
const PARTS = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

/** An engine, the namespace of a team with its applier, and kubectl as the cluster's administrator. */
export interface TeamScene {
  kube: Kube;
  kubectl: Kubectl;
  helm: string;
  graphs: Graphs;
  kubeconfig: string;
  /** Kills the engine and starts another; the first is there from the beginning. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openTeamScene(system: string): Promise<TeamScene> {
  const fixture = await kubeFixture(system);
  const { kube, kubeconfig } = fixture;
  await installDefinitions(kube);
  const programs = await clientPrograms();
  const start = () => runEngine({ kubeconfig, namespace: system });
  let engine = await start();
  return {
    ...{ kube, kubeconfig, helm: programs.helm },
    kubectl: kubectlOf({ kubectl: programs.kubectl, kubeconfig }),
    graphs: await Graphs.open(kube, `${system}-team`),
    async restart() {
      await engine.kill();
      engine = await start();
    },
    async close() {
      await removePolicy(kube).catch((error: unknown) => {
        if (!isKind(error, "notFound")) throw error;
      });
      await kube
        .delete({ apiVersion: "v1", kind: "Namespace", name: `${system}-team` })
        .catch((error: unknown) => {
          if (!isKind(error, "notFound")) throw error;
        });
      await engine.kill();
      await fixture.close();
    },
  };
}

/** The admission policy of the chart, in force. `allow`: of the chart's values. */
export async function installPolicy(
  { kube, kubectl, graphs: { namespace } }: TeamScene,
  allow: string[] = [],
): Promise<void> {
  const objects = await renderedChart({ laterWriters: { allow } });
  for (const object of objects)
    if (object.metadata.name === POLICY_NAME) await kube.apply(object, { force: true, fieldManager: "helm" });
  const name = `probe-${POLICY_NAME}`;
  const probe = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { a: "1" } };
  await kube.apply(probe, { fieldManager: "kubenova" });
  const label = ["label", "configmap", name, "-n", namespace, `${LABEL.laterWriters}=refuse`];
  // The API server reads policies a moment later.
  await until("the policy is in force", async () => {
    const { code } = await kubectl.attempt([...label, "--dry-run=server"]);
    return code !== 0;
  });
}

export async function removePolicy(kube: Kube): Promise<void> {
  for (const kind of PARTS.toReversed())
    await kube.delete({ apiVersion: "admissionregistration.k8s.io/v1", kind, name: POLICY_NAME });
}
