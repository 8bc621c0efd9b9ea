import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { POLICY_NAME, removePolicy } from "../../test/engine/later-writers.ts";
import { type AccountConfig, accountConfig } from "../../test/kube/account.ts";
import { sharedApiServer } from "../../test/kube/api-server.ts";
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
import { awaitTransform, inline, SETTINGS, transform } from "../../test/operator/transforms.ts";
import { renderedChart } from "../../test/services/rendered-chart.ts";
import { type Kube, loadKube } from "../kube/index.ts";

/** The operator with the rights of the chart and no others. */
const name = `rights${Date.now().toString(36)}`;
const RIGHTS = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
let kube: Kube;
let operator: RunningOperator;
let namespace: string;
let account: AccountConfig;

beforeAll(async () => {
  const admin = await sharedApiServer();
  kube = await loadKube({ kubeconfig: admin });
  await installDefinitions(kube);
  await until("no namespace of that name is going", async () => {
    const ref = { apiVersion: "v1", kind: "Namespace", name: SYSTEM };
    return (await kube.get(ref).catch(() => undefined))?.metadata.deletionTimestamp === undefined;
  });
  await kube.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM } });
  for (const object of await renderedChart())
    if (RIGHTS.includes(object.kind)) await kube.apply(object, { force: true, fieldManager: "helm" });
  account = await accountConfig(kube, admin, { namespace: SYSTEM, name: "kubenova-agent" });
  operator = await runOperator(account.kubeconfig);
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
  account.remove();
});

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

  it("a Transform whose objects' later writers are refused knows whether the policy for it is there", async () => {
    for (const object of await renderedChart())
      if (object.metadata.name === POLICY_NAME)
        await kube.apply(object, { force: true, fieldManager: "helm" });
    await kube.create(
      { ...configMap("later"), metadata: { name: "later", namespace } },
      { fieldManager: "kubectl" },
    );
    const adopt = {
      laterWriters: "Refuse" as const,
      resources: [{ apiVersion: "v1", kind: "ConfigMap", name: "later" }],
    };
    const spec = { ...inline(SETTINGS, { greeting: "a" }), adopt };
    await kube.apply(transform({ namespace, name: "later", spec }));
    await awaitTransform(kube, namespace, "later", "Ready");
    const graph = await kube.get({ ...api, kind: "ResourceGraph", namespace, name: "transform-later" });
    const { adoption } = graph.status as ResourceGraphStatus;
    expect(adoption).toMatchObject({ taken: 1, laterWriters: { refused: true } });
    await removePolicy(kube);
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
