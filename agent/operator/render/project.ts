import { APPLIER_SERVICE_ACCOUNT, LABEL } from "../../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import type { EnvironmentEntry, NovaProjectSpec } from "../../../protocol/resources/tenancy.ts";

const RBAC = "rbac.authorization.k8s.io/v1";
const RBAC_GROUP = "rbac.authorization.k8s.io";

/** The agent's own identity: who may impersonate the appliers. */
export interface AgentAccount {
  namespace: string;
  serviceAccount: string;
}

/**
 * A project in its cluster: for each environment its namespace, the applier that its apps are written as, and the
 * agent's right to be that one applier there (decisions.md 1). Nothing of it is deleted with the environment: volumes
 * and namespaces stay until the purge, and apps that are still going need the applier for it.
 */
export function renderProject(spec: NovaProjectSpec, agent: AgentAccount): ResourceGraphSpec {
  return {
    applyAs: { kind: "Agent" },
    metadata: { name: `${spec.tenant}.${spec.project}` },
    labels: { [LABEL.tenant]: spec.tenant, [LABEL.project]: spec.project },
    nodes: spec.environments.flatMap((environment) => environmentNodes(spec, environment, agent)),
  };
}

function environmentNodes(
  spec: NovaProjectSpec,
  environment: EnvironmentEntry,
  agent: AgentAccount,
): GraphNode[] {
  const { namespace, name, adopted } = environment;
  const labels = { [LABEL.environment]: name };
  const inside = (apiVersion: string, kind: string, objectName: string, body: object): GraphNode => ({
    id: `${kind}/${namespace}/${objectName}`,
    object: { apiVersion, kind, metadata: { name: objectName, namespace, labels }, ...body },
    dependsOn: [`Namespace/${namespace}`],
    applyPolicy: { deletionPolicy: "Orphan" },
  });
  return [
    namespaceNode(spec, namespace, labels, adopted),
    inside("v1", "ServiceAccount", APPLIER_SERVICE_ACCOUNT, { automountServiceAccountToken: false }),
    inside(RBAC, "RoleBinding", APPLIER_SERVICE_ACCOUNT, {
      roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: "edit" },
      subjects: [{ kind: "ServiceAccount", name: APPLIER_SERVICE_ACCOUNT, namespace }],
    }),
    inside(RBAC, "Role", "kubenova-agent-impersonate", {
      rules: [
        {
          apiGroups: [""],
          resources: ["serviceaccounts"],
          resourceNames: [APPLIER_SERVICE_ACCOUNT],
          verbs: ["impersonate"],
        },
      ],
    }),
    inside(RBAC, "RoleBinding", "kubenova-agent-impersonate", {
      roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name: "kubenova-agent-impersonate" },
      subjects: [{ kind: "ServiceAccount", name: agent.serviceAccount, namespace: agent.namespace }],
    }),
  ];
}

/** An adopted namespace was there before: it is waited for, and never written. */
function namespaceNode(
  spec: NovaProjectSpec,
  name: string,
  labels: Record<string, string>,
  adopted: boolean,
): GraphNode {
  const object = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { ...labels, [LABEL.tenant]: spec.tenant } },
  };
  return {
    id: `Namespace/${name}`,
    object,
    applyPolicy: { mode: adopted ? "Observe" : "Apply", deletionPolicy: "Orphan" },
  };
}
