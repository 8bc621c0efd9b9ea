/** What a team may try in its manifests, each with the words of the refusal that its app must show. */

export interface Attempt {
  what: string;
  manifest: Manifest;
  refusal: RegExp;
}

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** The API server's own words where the applier lacks the right. */
const FORBIDDEN = /forbidden: User "system:serviceaccount:rival-spy-staging:kubenova-applier" cannot/;
const OWNED = /not made by this graph|belongs to/;
const AS_APPLIER = /no pod may run as kubenova-applier/;
const BASELINE = /violates PodSecurity "baseline/;

const OWN = "rival-spy-staging";
const SYSTEM = "kubenova-system";
const RBAC = "rbac.authorization.k8s.io/v1";
const ADMISSION = "admissionregistration.k8s.io/v1";
const OURS = "kubenova.io/v1alpha1";

const object = (
  apiVersion: string,
  kind: string,
  name: string,
  rest: object = {},
  namespace?: string,
): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace ? { namespace } : {}) },
  ...rest,
});

const applier = { kind: "ServiceAccount", name: "kubenova-applier", namespace: OWN };
const binding = (kind: "RoleBinding" | "ClusterRoleBinding", name: string, role: string): Manifest =>
  object(RBAC, kind, name, {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [applier],
  });
const tokenOf = (name: string, account: string, namespace?: string): Manifest => {
  const secret = object("v1", "Secret", name, { type: "kubernetes.io/service-account-token" }, namespace);
  secret.metadata.annotations = { "kubernetes.io/service-account.name": account };
  return secret;
};

const container = { name: "a", image: "registry.local/a:1" };
const podOf = (spec: object): object => ({ spec: { containers: [container], ...spec } });
const templateOf = (name: string, spec: object): object => ({
  metadata: { labels: { spy: name } },
  ...podOf(spec),
});
const workload = (kind: string, name: string, spec: object): Manifest =>
  object("apps/v1", kind, name, {
    spec: {
      selector: { matchLabels: { spy: name } },
      ...(kind === "StatefulSet" ? { serviceName: name } : {}),
      template: templateOf(name, spec),
    },
  });
const AS = { serviceAccountName: "kubenova-applier" };
const job = (spec: object): object => ({ template: podOf({ restartPolicy: "Never", ...spec }) });

/**
 * Apps of such attempts: in one app none waits for another of them.
 * @param victim namespace of another tenant
 */
export const attempts = (victim: string): Attempt[][] => [
  rows(FORBIDDEN, [
    ["another tenant's namespace", object("v1", "ConfigMap", "foreign", { data: { a: "b" } }, victim)],
    ["another tenant's Secret", object("v1", "Secret", "foreign", {}, victim)],
    ["kube-system", object("v1", "ConfigMap", "foreign", { data: { a: "b" } }, "kube-system")],
    ["the agent's key", object("v1", "Secret", "kubenova-agent-identity", {}, SYSTEM)],
    ["the agent's state", object("v1", "ConfigMap", "kubenova-agent-state", { data: { state: "" } }, SYSTEM)],
    ["the agent's Lease", object("coordination.k8s.io/v1", "Lease", "kubenova-agent", { spec: {} }, SYSTEM)],
    ["a token of the agent", tokenOf("agent-token", "kubenova-agent", SYSTEM)],
    [
      "a pod beside the agent, as the agent",
      object("v1", "Pod", "beside", podOf({ serviceAccountName: "kubenova-agent" }), SYSTEM),
    ],
    ["a ClusterRole", object(RBAC, "ClusterRole", "spy", { rules: [] })],
    ["cluster-admin for itself", binding("ClusterRoleBinding", "spy", "cluster-admin")],
    ["a stronger role in its own namespace", binding("RoleBinding", "spy", "admin")],
    [
      "a Role of everything in its own namespace",
      object(RBAC, "Role", "spy", { rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] }),
    ],
    ["the agent's Role", object(RBAC, "Role", "kubenova-agent-impersonate-2", { rules: [] })],
    ["a namespace", object("v1", "Namespace", "spy")],
    ["a tenant", object(OURS, "NovaTenant", "spy", { spec: { tenantId: "ten_1" } })],
    ["a project", object(OURS, "NovaProject", "spy.spy", { spec: {} })],
    ["an app beside the manager", object(OURS, "NovaApp", "spy", { spec: {} })],
    ["an app in another tenant's namespace", object(OURS, "NovaApp", "spy", { spec: {} }, victim)],
    [
      "a graph that acts as the agent",
      object(OURS, "ResourceGraph", "spy", { spec: { applyAs: { kind: "Agent" }, nodes: [] } }, SYSTEM),
    ],
    ["another graph of its namespace", object(OURS, "ResourceGraph", "app-spy", { spec: { nodes: [] } })],
    ["another tenant's graph", object(OURS, "ResourceGraph", "app-web", { spec: { nodes: [] } }, victim)],
    ["a validating webhook", object(ADMISSION, "ValidatingWebhookConfiguration", "spy", { webhooks: [] })],
    ["a mutating webhook", object(ADMISSION, "MutatingWebhookConfiguration", "spy", { webhooks: [] })],
    [
      "our own admission policy",
      object(ADMISSION, "ValidatingAdmissionPolicy", "kubenova-applier", { spec: {} }),
    ],
    [
      "a definition",
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spies.spy.test", { spec: {} }),
    ],
    ["an aggregated API", object("apiregistration.k8s.io/v1", "APIService", "v1.spy.test", { spec: {} })],
    ["a volume of the node", object("v1", "PersistentVolume", "spy", { spec: {} })],
    ["a storage class", object("storage.k8s.io/v1", "StorageClass", "spy", { provisioner: "spy" })],
    ["a priority", object("scheduling.k8s.io/v1", "PriorityClass", "spy", { value: 1_000_000 })],
    ["a certificate", object("certificates.k8s.io/v1", "CertificateSigningRequest", "spy", { spec: {} })],
    ["a node", object("v1", "Node", "spy")],
    ["a larger quota", object("v1", "ResourceQuota", "spy", { spec: {} })],
    [
      "another tenant's pods behind its Service",
      object("discovery.k8s.io/v1", "EndpointSlice", "spy", { addressType: "IPv4", endpoints: [] }),
    ],
  ]),
  rows(OWNED, [["its own namespace, without pod security", object("v1", "Namespace", OWN)]]),
  rows(OWNED, [
    [
      "the applier itself",
      object("v1", "ServiceAccount", "kubenova-applier", { automountServiceAccountToken: true }),
    ],
  ]),
  rows(OWNED, [["the applier's own binding", binding("RoleBinding", "kubenova-applier", "admin")]]),
  rows(AS_APPLIER, [
    ["a pod as the applier", object("v1", "Pod", "as-applier", podOf(AS))],
    [
      "a pod as the applier, by the old name",
      object("v1", "Pod", "as-applier-2", podOf({ serviceAccount: "kubenova-applier" })),
    ],
    ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"].map(
      (kind): Row => [`a ${kind} as the applier`, workload(kind, "as-applier", AS)],
    ),
    ["a Job as the applier", object("batch/v1", "Job", "as-applier", { spec: job(AS) })],
    [
      "a CronJob as the applier",
      object("batch/v1", "CronJob", "as-applier", {
        spec: { schedule: "* * * * *", jobTemplate: { spec: job(AS) } },
      }),
    ],
  ]),
  rows(/no Secret may hold a token of kubenova-applier/, [
    ["a token of the applier", tokenOf("token", "kubenova-applier")],
  ]),
  rows(/serviceaccount "kubenova-agent" not found/, [
    ["a pod as the agent", object("v1", "Pod", "as-agent", podOf({ serviceAccountName: "kubenova-agent" }))],
  ]),
  rows(BASELINE, [
    [
      "the node's files",
      object("v1", "Pod", "host-path", podOf({ volumes: [{ name: "root", hostPath: { path: "/" } }] })),
    ],
    ["the node's network", object("v1", "Pod", "host-network", podOf({ hostNetwork: true }))],
    [
      "privilege",
      object("v1", "Pod", "privileged", {
        spec: { containers: [{ ...container, securityContext: { privileged: true } }] },
      }),
    ],
  ]),
  rows(/may not claim externalIPs/, [
    [
      "addresses of others",
      object("v1", "Service", "greedy", { spec: { ports: [{ port: 53 }], externalIPs: ["203.0.113.7"] } }),
    ],
  ]),
  rows(/priority of the cluster's own/, [
    [
      "room before all others",
      workload("Deployment", "first", { priorityClassName: "system-node-critical" }),
    ],
  ]),
];

type Row = [what: string, manifest: Manifest];
const rows = (refusal: RegExp, list: Row[]): Attempt[] =>
  list.map(([what, manifest]) => ({ what, manifest, refusal }));
