import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { installDefinitions } from "../../test/agent/run.ts";
import { up } from "../../test/cluster/index.ts";
import { SHARED, sharedApiServer } from "../../test/kube/api-server.ts";
import { until } from "../../test/lib/until.ts";
import {
  app,
  awaitPhase,
  configMap,
  isGone,
  namespaceOf,
  type RunningOperator,
  raw,
  readyProject,
  removeEverything,
  runOperator,
  SYSTEM,
} from "../../test/operator/fixture.ts";
import { awaitTransform, SETTINGS, transform } from "../../test/operator/transforms.ts";
import { type Kube, type KubeObject, loadKube } from "../kube/index.ts";

/** The operator with the rights of the chart and no others. */
const name = `rights${Date.now().toString(36)}`;
const folder = mkdtempSync(join(tmpdir(), "kubenova-rights-"));
const RIGHTS = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
let kube: Kube;
let operator: RunningOperator;
let namespace: string;

beforeAll(async () => {
  const admin = await sharedApiServer();
  // A cluster of ours brings its programs beside its kubeconfig.
  const beside = join(dirname(admin), "helm");
  const helm = existsSync(beside) ? beside : (await up({ name: SHARED, node: "none" })).helm;
  kube = await loadKube({ kubeconfig: admin });
  await installDefinitions(kube);
  await until("no namespace of that name is going", async () => {
    const ref = { apiVersion: "v1", kind: "Namespace", name: SYSTEM };
    return (await kube.get(ref).catch(() => undefined))?.metadata.deletionTimestamp === undefined;
  });
  await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM } });
  const values = {
    "manager.url": "https://manager.test",
    joinToken: `jtk_${"0".repeat(26)}.${"s".repeat(32)}`,
    "image.repository": "agent",
    "crds.install": "false",
  };
  const set = Object.entries(values).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const text = execFileSync(helm, [
    "template",
    "kubenova-agent",
    "agent/chart",
    "--namespace",
    SYSTEM,
    ...set,
  ]);
  for (const document of parseAllDocuments(text.toString())) {
    const object = document.toJS() as KubeObject | null;
    if (object && RIGHTS.includes(object.kind) && !object.metadata.annotations?.["helm.sh/hook"])
      await kube.apply(object, { force: true, fieldManager: "helm" });
  }
  operator = await runOperator(await kubeconfigOf(admin));
  await operator.synced;
  namespace = await readyProject(kube, name);
});
afterAll(async () => {
  await removeEverything(kube);
  await operator.stop();
  await kube.delete({ apiVersion: "v1", kind: "Namespace", name: SYSTEM });
  for (const [kind, of] of [
    ["ClusterRoleBinding", "kubenova-agent"],
    ["ClusterRole", "kubenova-agent"],
    ["ClusterRole", "kubenova-agent-transforms"],
  ] as const)
    await kube.delete({ apiVersion: "rbac.authorization.k8s.io/v1", kind, name: of });
  kube.close();
  rmSync(folder, { recursive: true });
});

/** A kubeconfig of the agent's ServiceAccount. */
async function kubeconfigOf(admin: string): Promise<string> {
  const answer = await kube.request({
    method: "POST",
    path: `/api/v1/namespaces/${SYSTEM}/serviceaccounts/kubenova-agent/token`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }),
  });
  const { token } = (JSON.parse(answer.body.toString()) as { status: { token: string } }).status;
  const config = parse(readFileSync(admin, "utf8")) as { users: { name: string; user: object }[] };
  for (const one of config.users) one.user = { token };
  const path = join(folder, "kubeconfig");
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return path;
}

const deploy = (of: string, ...manifests: object[]) =>
  kube.apply(app({ project: name, name: of, source: raw(...manifests) }));
const object = (apiVersion: string, kind: string, of: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name: of },
  ...rest,
});

describe("with the rights that the chart gives", () => {
  it("an app of an image, and one of what teams write, are applied", async () => {
    const image = {
      image: "a:1",
      ports: [{ name: "http", port: 80 }],
      host: "a.example.com",
      files: [{ path: "/a", content: "1" }],
    };
    await kube.apply(app({ project: name, name: "web", source: { image } }));
    await deploy(
      "team",
      configMap("team"),
      object("networking.k8s.io/v1", "NetworkPolicy", "team", { spec: { podSelector: {} } }),
      object("policy/v1", "PodDisruptionBudget", "team", { spec: { minAvailable: 0, selector: {} } }),
      object("batch/v1", "CronJob", "team", {
        spec: {
          schedule: "0 0 1 1 *",
          jobTemplate: {
            spec: {
              template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "a:1" }] } },
            },
          },
        },
      }),
    );
    await awaitPhase(kube, namespace, "team", "Ready");
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "web" };
    await until("the Deployment is stored", async () => !(await isGone(kube, deployment)));
  });

  it("a Transform is rendered from a ConfigMap that the applier may read, and applied as the applier", async () => {
    const module = { "settings.cue": SETTINGS };
    await kube.apply({ ...configMap("module", module), metadata: { name: "module", namespace } });
    const spec = { cueRef: { type: "configmap", ref: "module" }, input: { greeting: "hello" } };
    const { metadata, ...rest } = transform({ namespace, name: "settings", spec });
    // As a person writes it: the finalizer is the agent's to add.
    await kube.apply({ ...rest, metadata: { name: "settings", namespace } });
    await awaitTransform(kube, namespace, "settings", "Ready");
    const live = await kube.get({ ...api, kind: "Transform", namespace, name: "settings" });
    expect(live.metadata.finalizers).toEqual(metadata.finalizers);
    await kube.delete({ ...api, kind: "Transform", namespace, name: "settings" });
    await until("it goes with its objects", () =>
      isGone(kube, { apiVersion: "v1", kind: "ConfigMap", namespace, name: "settings" }),
    );
  });

  it("a Secret is watched as the applier, in its namespace, though the agent sees none", async () => {
    await deploy("sealed", object("v1", "Secret", "sealed", { stringData: { a: "1" } }));
    await awaitPhase(kube, namespace, "sealed", "Ready");
    await kube.delete({ ...api, namespace, name: "sealed" });
    await until("it goes with its app", () =>
      isGone(kube, { apiVersion: "v1", kind: "Secret", namespace, name: "sealed" }),
    );
  });

  it("a ClusterRole, a Node and another tenant's namespace are refused by the API server, and the app may go", async () => {
    const other = `${name}x`;
    await readyProject(kube, other);
    const foreign = { ...configMap("theirs"), metadata: { name: "theirs", namespace: namespaceOf(other) } };
    await deploy(
      "evil",
      object("rbac.authorization.k8s.io/v1", "ClusterRole", `${name}-evil`, { rules: [] }),
      object("v1", "Node", `${name}-evil`, {}),
      foreign,
    );
    await until("all three are refused", async () => {
      const { nodes = [] } = await awaitPhase(kube, namespace, "evil", "Failed");
      return nodes.length === 3 && nodes.every(({ message }) => message?.includes("cannot patch resource"));
    });
    await kube.delete({ ...api, namespace, name: "evil" });
    await until("the app is gone", () => isGone(kube, { ...api, namespace, name: "evil" }));
  });
});

const api = { apiVersion: "kubenova.io/v1alpha1", kind: "NovaApp" };
