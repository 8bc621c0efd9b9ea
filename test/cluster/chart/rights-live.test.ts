import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { renderProject } from "../../../agent/operator/render/project.ts";
import { type Kubectl, kubectl } from "../../lib/kubectl.ts";
import { NAMESPACE } from "../../services/agent-chart.ts";
import { type Cluster, up } from "../index.ts";
import { type Finished, run } from "../run.ts";
import { isolate } from "../testing.ts";
import { GOOD, rendered } from "./render.ts";

const APPLIER = "system:serviceaccount:acme-shop-staging:kubenova-applier";
const RBAC = "rbac.authorization.k8s.io/v1";
const RBAC_GROUP = "rbac.authorization.k8s.io";

/** What the agent writes for one environment, by the code that writes it. */
const graph = renderProject(
  {
    projectId: "prj_1",
    tenant: "acme",
    project: "shop",
    environments: [
      { environmentId: "env_1", name: "staging", namespace: "acme-shop-staging", adopted: false },
    ],
  },
  { kind: "ServiceAccount", namespace: NAMESPACE, name: "kubenova-agent" },
  { nodes: [], inUse: new Set() },
);

describe("a managing agent with the chart's rights, at a real API server", () => {
  let cluster: Cluster;
  let leave: () => Promise<void>;
  let token: string;

  let admin: Kubectl;
  /** kubectl with nothing but the agent's token. */
  const asAgent = (args: string[], input = ""): Promise<Finished> =>
    kubectl(cluster, `${cluster.kubeconfig}.agent`).attempt(args, input);
  const apply = (object: unknown, ...more: string[]) =>
    asAgent(
      ["apply", "--server-side", "--field-manager=kubenova", "--validate=false", ...more, "-f", "-"],
      stringify(object),
    );

  beforeAll(async () => {
    leave = isolate();
    cluster = await up({ name: "chart-rights", node: "none" });
    admin = kubectl(cluster);
    await admin.run("create", "namespace", NAMESPACE);
    const { text } = await rendered(GOOD);
    await admin.apply(text);
    token = (await admin.run("create", "token", "kubenova-agent", "-n", NAMESPACE)).trim();
    const config = await admin.json<{ users: { user: object }[] }>("config", "view", "--raw", "--minify");
    for (const each of config.users) each.user = { token };
    await run("sh", ["-c", `umask 077; cat > "$0.agent"`, cluster.kubeconfig], {
      input: JSON.stringify(config),
    });
  });
  afterAll(() => leave());

  test("makes an environment: namespace, applier, bindings", async () => {
    for (const { object } of graph.nodes) {
      const answer = await apply(object);
      expect(answer.stderr, JSON.stringify(object)).toBe("");
      expect(answer.code).toBe(0);
    }
    // And again: applying what is there is an update, with rights of its own.
    for (const { object } of graph.nodes) expect((await apply(object)).code).toBe(0);
  });

  const workload = (namespace: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "settings", namespace },
    data: { a: "b" },
  });

  test("applies an app as the applier of its namespace", async () => {
    const answer = await apply(workload("acme-shop-staging"), "--as", APPLIER);
    expect(answer.stderr).toBe("");
    expect(answer.code).toBe(0);
  });

  const roleNamed = (name: string, verbs: string[]) => ({
    apiVersion: RBAC,
    kind: "Role",
    metadata: { name, namespace: "acme-shop-staging" },
    rules: [{ apiGroups: [""], resources: ["secrets"], verbs }],
  });
  const bindingTo = (kind: string, name: string, role: string) => ({
    apiVersion: RBAC,
    kind,
    metadata: { name, ...(kind === "RoleBinding" ? { namespace: "acme-shop-staging" } : {}) },
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: "kubenova-applier", namespace: "acme-shop-staging" }],
  });
  test.each<[string, () => Promise<Finished>]>([
    ["an app as itself", () => apply(workload("acme-shop-staging"))],
    ["an app in another namespace, as the applier", () => apply(workload("default"), "--as", APPLIER)],
    [
      "a ClusterRole, as the applier",
      () =>
        apply({ apiVersion: RBAC, kind: "ClusterRole", metadata: { name: "x" }, rules: [] }, "--as", APPLIER),
    ],
    [
      "as an account of another namespace",
      () => apply(workload("kube-system"), "--as", "system:serviceaccount:kube-system:default"),
    ],
    [
      "as another account of the namespace",
      () => apply(workload("acme-shop-staging"), "--as", "system:serviceaccount:acme-shop-staging:default"),
    ],
    [
      "as the administrator",
      () => apply(workload("default"), "--as", "admin", "--as-group", "system:masters"),
    ],
    ["a Role of another name", () => apply(roleNamed("mine", ["get"]))],
    [
      "another ClusterRole for the applier",
      () => apply(bindingTo("RoleBinding", "kubenova-agent-impersonate", "cluster-admin")),
    ],
    ["a ClusterRoleBinding", () => apply(bindingTo("ClusterRoleBinding", "mine", "edit"))],
    ["to read Secrets of another namespace", () => asAgent(["get", "secrets", "-n", "kube-system"])],
    ["to list the Secrets of its own namespace", () => asAgent(["get", "secrets", "-n", NAMESPACE])],
    ["to delete a namespace", () => asAgent(["delete", "namespace", "acme-shop-staging", "--wait=false"])],
  ])("is refused: %s", async (_, act) => {
    const answer = await act();
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(/[Ff]orbidden/);
  });

  test("sees every kind that the applier may write, Secrets apart", async () => {
    interface ClusterRole {
      rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    }
    const edit = await admin.json<ClusterRole>("get", "clusterrole", "edit");
    const written = edit.rules
      .filter(({ verbs, apiGroups }) => verbs.includes("patch") && !apiGroups.includes("extensions"))
      .flatMap(({ apiGroups, resources }) =>
        resources.map((resource) => (apiGroups[0] ? `${resource}.${apiGroups[0]}` : resource)),
      )
      .filter((resource) => !resource.includes("/") && resource !== "secrets");
    expect(written).toContain("deployments.apps");
    for (const resource of written) {
      const answer = await asAgent(["auth", "can-i", "watch", resource, "--all-namespaces"]);
      expect(answer.stdout.trim(), resource).toBe("yes");
    }
  });

  test("takes an environment down but for its namespace", async () => {
    const inside = graph.nodes.filter(({ object }) => object.kind !== "Namespace");
    for (const { object } of inside.reverse()) {
      const { kind, metadata } = object;
      const answer = await asAgent(["delete", kind, metadata.name, "-n", metadata.namespace ?? ""]);
      expect(answer.stderr).toBe("");
    }
  });

  test("keeps its key, state and Lease in its own namespace", async () => {
    const own = (apiVersion: string, kind: string, name: string) => ({
      apiVersion,
      kind,
      metadata: { name, namespace: NAMESPACE },
    });
    for (const object of [
      own("v1", "Secret", "kubenova-agent-identity"),
      own("v1", "ConfigMap", "kubenova-agent-state"),
      own("coordination.k8s.io/v1", "Lease", "kubenova-agent"),
    ]) {
      expect((await apply(object)).stderr).toBe("");
      expect((await apply({ ...object, metadata: { ...object.metadata, labels: { a: "b" } } })).stderr).toBe(
        "",
      );
    }
  });
});
