import type { Kube } from "../../agent/kube/index.ts";
import { installDefinitions } from "../agent/run.ts";
import { accountConfig, serverOf } from "../kube/account.ts";
import { ensureNamespace, kubeFixture } from "../kube/fixture.ts";
import { startRelay, type TcpRelay } from "../kube/tcp-relay.ts";
import { until } from "../lib/until.ts";
import { type RunningEngine, runEngine } from "./graphs.ts";
import { Graphs } from "./team-graphs.ts";

const RBAC = "rbac.authorization.k8s.io";
const ALL = ["*"];
type Account = { kind: "ServiceAccount"; name: string; namespace: string };

/** An engine that runs as a ServiceAccount, and a team's applier, with rights that a test gives and takes away. */
export interface LimitedAgent {
  kube: Kube;
  engine: RunningEngine;
  graphs: Graphs;
  /** Between the engine and the API server. */
  relay: TcpRelay;
  /** From now on the agent may watch these resources of the core group, in all namespaces, and no others of it. */
  mayWatch(...resources: string[]): Promise<void>;
  /** The same of what the applier may do, in the team's namespace. */
  mayApply(...resources: string[]): Promise<void>;
  close(): Promise<void>;
}

/** Both may do theirs with ConfigMaps and Services. */
export async function openLimitedAgent(system: string): Promise<LimitedAgent> {
  const fixture = await kubeFixture(system);
  const { kube, kubeconfig } = fixture;
  const team = `${system}-team`;
  const agent: Account = { kind: "ServiceAccount", name: "agent", namespace: system };
  const applier: Account = { kind: "ServiceAccount", name: "kubenova-applier", namespace: team };
  await installDefinitions(kube);
  await ensureNamespace(kube, team);
  for (const { name, namespace } of [agent, applier])
    await kube.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  const own = `${system}-own`;
  await bind(kube, agent, own, [
    { apiGroups: ["kubenova.io"], resources: ALL, verbs: ALL },
    { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["impersonate"] },
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
  ]);
  const watching = `${system}-watching`;
  const mayWatch = async (...resources: string[]) => {
    await bind(kube, agent, watching, [{ apiGroups: [""], resources, verbs: ["get", "list", "watch"] }]);
    await isKnown(kube, agent, "watch", resources, team);
  };
  const mayApply = async (...resources: string[]) => {
    await bind(kube, applier, "applying", [{ apiGroups: [""], resources, verbs: ALL }], team);
    await isKnown(kube, applier, "patch", resources, team);
  };
  await mayWatch("configmaps", "services");
  await mayApply("configmaps", "services");
  const relay = await startRelay(serverOf(kubeconfig));
  const account = await accountConfig(kube, kubeconfig, agent, relay.url.href);
  const engine = await runEngine({ kubeconfig: account.kubeconfig, namespace: system });
  const graphs = Graphs.attach(kube, team);
  return {
    ...{ kube, engine, graphs, relay, mayWatch, mayApply },
    async close() {
      await engine.kill();
      await relay.close();
      account.remove();
      for (const name of [own, watching])
        for (const kind of ["ClusterRoleBinding", "ClusterRole"])
          await kube.delete({ apiVersion: `${RBAC}/v1`, kind, name });
      await graphs.close();
      await fixture.close();
    },
  };
}

/** In one namespace, or everywhere. */
async function bind(kube: Kube, subject: Account, name: string, rules: object[], namespace?: string) {
  const kind = namespace ? "Role" : "ClusterRole";
  const metadata = { name, ...(namespace ? { namespace } : {}) };
  await kube.apply({ apiVersion: `${RBAC}/v1`, kind, metadata, rules });
  await kube.apply({
    ...{ apiVersion: `${RBAC}/v1`, kind: `${kind}Binding`, metadata },
    roleRef: { apiGroup: RBAC, kind, name },
    subjects: [subject],
  });
}

/** The API server hears of a change of rights a moment later. */
async function isKnown(kube: Kube, who: Account, verb: string, resources: string[], namespace: string) {
  for (const resource of ["configmaps", "services"])
    await until(`the server knows whether ${who.name} may ${verb} ${resource}`, async () => {
      const user = `system:serviceaccount:${who.namespace}:${who.name}`;
      const spec = { user, resourceAttributes: { verb, resource, namespace } };
      const answer = await kube.request({
        ...{ method: "POST", path: "/apis/authorization.k8s.io/v1/subjectaccessreviews" },
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec }),
      });
      const { status } = JSON.parse(answer.body.toString()) as { status: { allowed: boolean } };
      return status.allowed === resources.includes(resource);
    });
}
