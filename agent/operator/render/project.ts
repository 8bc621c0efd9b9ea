import { APPLIER_SERVICE_ACCOUNT, LABEL } from "../../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import type { EnvironmentEntry, NovaProjectSpec } from "../../../protocol/resources/tenancy.ts";

const RBAC = "rbac.authorization.k8s.io/v1";
const RBAC_GROUP = "rbac.authorization.k8s.io";

/** The agent's own identity: who may impersonate the appliers. A subject of RBAC. */
export interface AgentSubject {
  kind: "ServiceAccount" | "User";
  name: string;
  namespace?: string;
}

/** How the project stands now. */
export interface ProjectNow {
  /** The nodes that its graph has. */
  nodes: readonly GraphNode[];
  /** Namespaces with apps of the project in them. */
  inUse: ReadonlySet<string>;
}

/**
 * A project in its cluster: for each environment its namespace, the applier that its apps are written as, and the
 * agent's right to be that one applier there (decisions.md 1). Namespaces, and the volumes in them, outlive their
 * environment. An environment that has left keeps the rest too until its last app has gone: an app's objects are deleted
 * as the applier.
 */
export function renderProject(
  spec: NovaProjectSpec,
  agent: AgentSubject,
  now: ProjectNow,
): ResourceGraphSpec {
  const namespaces = new Set(leavingOf(spec, now.inUse));
  const leaving = now.nodes.filter(({ object: { metadata } }) =>
    namespaces.has(metadata.namespace ?? metadata.name),
  );
  return {
    applyAs: { kind: "Agent" },
    metadata: { name: `${spec.tenant}.${spec.project}` },
    labels: { [LABEL.tenant]: spec.tenant, [LABEL.project]: spec.project },
    nodes: [
      ...spec.environments.flatMap((environment) => environmentNodes(spec, environment, agent)),
      ...leaving,
    ],
  };
}

/** Namespaces in use whose environments have left the project. */
export function leavingOf(
  { environments }: Pick<NovaProjectSpec, "environments">,
  inUse: ReadonlySet<string>,
): string[] {
  const present = new Set(environments.map(({ namespace }) => namespace));
  return [...inUse].filter((namespace) => !present.has(namespace));
}

function environmentNodes(
  spec: NovaProjectSpec,
  environment: EnvironmentEntry,
  agent: AgentSubject,
): GraphNode[] {
  const { namespace, name, adopted } = environment;
  const labels = { [LABEL.environment]: name };
  const inside = (apiVersion: string, kind: string, objectName: string, body: object): GraphNode => ({
    id: `${kind}/${namespace}/${objectName}`,
    object: { apiVersion, kind, metadata: { name: objectName, namespace, labels }, ...body },
    dependsOn: [`Namespace/${namespace}`],
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
      subjects: [agent.kind === "User" ? { ...agent, apiGroup: RBAC_GROUP } : agent],
    }),
  ];
}

/**
 * The API server itself refuses pods that reach into their node: host paths, host network, privilege. Whoever may make
 * pods on a shared node could read its other tenants otherwise.
 */
const POD_SECURITY = { "pod-security.kubernetes.io/enforce": "baseline" } as const;

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
    metadata: { name, labels: { ...labels, ...POD_SECURITY, [LABEL.tenant]: spec.tenant } },
  };
  return {
    id: `Namespace/${name}`,
    object,
    applyPolicy: { mode: adopted ? "Observe" : "Apply", deletionPolicy: "Orphan" },
  };
}
