import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiClient } from "../lib/api.ts";
import { type Kubectl, kubectl } from "../lib/kubectl.ts";
import { type Platform, publishWebApp, startPlatform } from "../lib/platform.ts";
import { until } from "../lib/until.ts";
import { configMap, declareProject, imageSpec, type Release, rawSpec, waitForRelease } from "./lib.ts";

/** From an API call at the edge to a running pod and back, on real parts; then the attacks of architecture.md section 5. */
let platform: Platform;
let api: ApiClient;
let kube: Kubectl;
let images: [string, string];
const scratch = mkdtempSync(join(tmpdir(), "kubenova-e2e-"));

const PROJECT = "/api/v1/tenants/acme/projects/shop";
const APP = `${PROJECT}/apps/web`;
const NAMESPACE = "acme-shop-staging";

beforeAll(async () => {
  platform = await startPlatform({ name: "e2e" });
  api = platform.api;
  kube = kubectl(platform.cluster);
  images = [
    await publishWebApp(platform.cluster, "1", scratch),
    await publishWebApp(platform.cluster, "2", scratch),
  ];
  await declareProject(api, "acme", "shop", platform.clusterName);
});

afterAll(async () => {
  await platform?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

describe("an app declared at the edge", () => {
  it("runs as real pods, and says so", async () => {
    const answer = await api.put<{ releases: Release[] }>(APP, { spec: imageSpec(images[0]) });
    expect(answer.status).toBe(202);
    const release = await waitForRelease(api, APP, "staging", "Ready", 1);
    expect(release.counts?.failed).toBe(0);
    const pods = await kube.json<{ items: { status: { phase: string } }[] }>("get", "pods", "-n", NAMESPACE);
    expect(pods.items.filter((pod) => pod.status.phase === "Running")).toHaveLength(2);
    const { body: cluster } = await api.get<{ id: string }>(`/api/v1/clusters/${platform.clusterName}`);
    const marks = `kubenova.io/tenant=acme,kubenova.io/project=shop,kubenova.io/environment=staging,kubenova.io/app=web,kubenova.io/cluster=${cluster.id}`;
    const made = await kube.run("get", "deploy,svc,sa,pods", "-n", NAMESPACE, "-l", marks, "-o", "name");
    expect(made.match(/^(deployment|serviceaccount|service|pod)/gm)?.sort()).toEqual([
      "deployment",
      "pod",
      "pod",
      "service",
      "serviceaccount",
    ]);
  });

  it("shows its page through the tunnel", async () => {
    const path = `/api/v1/clusters/${platform.clusterName}/proxy/services/${NAMESPACE}/web:80/`;
    expect((await api.get<string>(path)).body).toContain("<h1>web 1</h1>");
  });

  it("gives its log", async () => {
    const log = await api.get<string>(`${APP}/releases/staging/logs?tailLines=20`);
    expect(JSON.stringify(log.body)).toContain("listens on");
  });

  it("rolls to a new revision and back", async () => {
    await api.put(APP, { spec: imageSpec(images[1]) });
    await waitForRelease(api, APP, "staging", "Ready", 2);
    await api.post(`${APP}/releases/staging:rollback`, {});
    await waitForRelease(api, APP, "staging", "Ready", 1);
    const deployment = await kube.json<{
      spec: { template: { spec: { containers: { image: string }[] } } };
    }>("get", "deployment", "web", "-n", NAMESPACE);
    expect(deployment.spec.template.spec.containers[0]?.image).toBe(images[0]);
  });
});

describe("a team's manifests", () => {
  it("can do nothing that the team could not: a ClusterRole, a Node, another tenant's namespace, the node's files", async () => {
    await declareProject(api, "rival", "spy", platform.clusterName);
    const path = "/api/v1/tenants/rival/projects/spy/apps/probe";
    const clusterRole = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "stolen" },
      rules: [],
    };
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "fake" } };
    const spyPod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "spy" },
      spec: {
        containers: [{ name: "spy", image: images[0], volumeMounts: [{ name: "root", mountPath: "/host" }] }],
        volumes: [{ name: "root", hostPath: { path: "/" } }],
      },
    };
    await api.put(path, {
      spec: rawSpec([
        configMap("own", { ok: "1" }),
        configMap("foreign", { a: "b" }, NAMESPACE),
        clusterRole,
        node,
        spyPod,
      ]),
    });
    const release = await waitForRelease(
      api,
      path,
      "staging",
      (found) => found.counts?.ready === 1 && found.counts.failed === 4,
    );
    expect(release.phase).not.toBe("Ready");
    expect(JSON.stringify(release)).toMatch(/forbidden/i);
    expect(await kube.exists("clusterrole", "stolen")).toBe(false);
    expect(await kube.exists("node", "fake")).toBe(false);
    expect(await kube.exists("pod", "spy", "rival-spy-staging")).toBe(false);
    expect(await kube.exists("configmap", "foreign", NAMESPACE)).toBe(false);
    expect(await kube.exists("configmap", "own", "rival-spy-staging")).toBe(true);
  });

  it("prune what left them, and nothing else", async () => {
    const path = `${PROJECT}/apps/settings`;
    await kube.run("create", "configmap", "not-ours", "-n", NAMESPACE);
    await api.put(path, { spec: rawSpec([configMap("one", { v: "1" }), configMap("two", { v: "1" })]) });
    await waitForRelease(api, path, "staging", "Ready", 1);
    await api.put(path, { spec: rawSpec([configMap("one", { v: "2" })]) });
    await waitForRelease(api, path, "staging", "Ready", 2);
    await until("two is gone", async () => !(await kube.exists("configmap", "two", NAMESPACE)));
    expect(await kube.exists("configmap", "one", NAMESPACE)).toBe(true);
    expect(await kube.exists("configmap", "not-ours", NAMESPACE)).toBe(true);
  });
});

describe("when a part dies", () => {
  it("a manager that was killed comes back to a cluster that lost and re-created nothing", async () => {
    const before = await kube.uids(NAMESPACE);
    await platform.manager.kill();
    expect(await kube.uids(NAMESPACE)).toEqual(before);
    await platform.manager.restart();
    await until(
      "the agent is back",
      async () =>
        (await api.get<{ status: string }>(`/api/v1/clusters/${platform.clusterName}`)).body.status ===
        "connected",
    );
    await api.put(`${PROJECT}/apps/after`, { spec: rawSpec([configMap("after", { v: "1" })]) });
    await waitForRelease(api, `${PROJECT}/apps/after`, "staging", "Ready", 1);
    const after = await kube.uids(NAMESPACE);
    for (const [name, uid] of Object.entries(before)) expect([name, after[name]]).toEqual([name, uid]);
  });

  it("an agent that was killed in the middle of a rollout goes on from where it was", async () => {
    const path = `${PROJECT}/apps/many`;
    const manifests = Array.from({ length: 200 }, (_, i) => configMap(`many-${i}`, { v: String(i) }));
    await api.put(path, { spec: rawSpec(manifests) });
    await until("some are there", () => kube.exists("configmap", "many-3", NAMESPACE), {
      everyMs: 20,
    });
    await kube.run(
      "delete",
      "pods",
      "-n",
      "kubenova-system",
      "-l",
      "app.kubernetes.io/name=kubenova-agent",
      "--grace-period=0",
      "--force",
    );
    await waitForRelease(api, path, "staging", "Ready", 1);
    const names = Object.keys(await kube.uids(NAMESPACE)).filter((name) =>
      name.startsWith("ConfigMap/many-"),
    );
    expect(names).toHaveLength(200);
  });

  it("a cluster that falls silent is Unknown within 20 seconds, and Ready again when it speaks", async () => {
    const scale = (replicas: number): Promise<string> =>
      kube.run(
        "scale",
        "deployment",
        "-n",
        "kubenova-system",
        "-l",
        "app.kubernetes.io/name=kubenova-agent",
        `--replicas=${replicas}`,
      );
    await scale(0);
    const start = Date.now();
    await waitForRelease(api, APP, "staging", "Unknown");
    expect(Date.now() - start).toBeLessThan(60_000);
    await scale(1);
    await waitForRelease(api, APP, "staging", "Ready");
  });
});

describe("deleting", () => {
  it("an app takes its objects with it and no others; a restore brings them back", async () => {
    await api.delete(`${PROJECT}/apps/settings`);
    await until("its objects are gone", async () => !(await kube.exists("configmap", "one", NAMESPACE)));
    expect(await kube.exists("configmap", "not-ours", NAMESPACE)).toBe(true);
    expect(await kube.exists("deployment", "web", NAMESPACE)).toBe(true);
    await api.post(`${PROJECT}/apps/settings:restore`);
    await waitForRelease(api, `${PROJECT}/apps/settings`, "staging", "Ready");
    expect(await kube.exists("configmap", "one", NAMESPACE)).toBe(true);
  });

  it("an environment stops its workloads and leaves its namespace", async () => {
    await api.delete(`${PROJECT}/environments/staging?confirm=staging`);
    await until("the workload stopped", async () => !(await kube.exists("deployment", "web", NAMESPACE)), {
      deadlineMs: 90_000,
    });
    expect(await kube.exists("namespace", NAMESPACE)).toBe(true);
    expect(await kube.exists("configmap", "not-ours", NAMESPACE)).toBe(true);
  });
});
