import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Kubectl, kubectl } from "../lib/kubectl.ts";
import { until } from "../lib/until.ts";
import { WEB_APP } from "./images.ts";
import {
  buildGoImage,
  buildImage,
  type Cluster,
  ensureBinaries,
  importImage,
  pushImage,
  up,
} from "./index.ts";
import { end, identify } from "./processes.ts";
import { run } from "./run.ts";
import { runningComponents } from "./supervisor.ts";
import { isolate, stateOf } from "./testing.ts";

/** One cluster with one app, `web`, of two pods, pulled from the local registry. */
let cluster: Cluster;
let kube: Kubectl;
let restore: () => Promise<void>;
let scratch: string;
let tar: string;

beforeAll(async () => {
  restore = isolate();
  scratch = mkdtempSync(join(tmpdir(), "kubenova-real-"));
  tar = join(scratch, "web.tar");
  cluster = await up({ name: "real", node: "real" });
  kube = kubectl(cluster);
  const variables = { "main.version": "7" };
  await buildGoImage({ folder: WEB_APP, tar, name: "docker.io/kubenova/web:imported", variables });
  const { image } = await pushImage(cluster.registry ?? "", tar, "web:1");
  await kube.run("create", "deployment", "web", "--image", image, "--replicas", "2", "--port", "8080");
  await kube.run("expose", "deployment", "web", "--port", "80", "--target-port", "8080");
  await kube.run("rollout", "status", "deployment/web", "--timeout", "60s");
});

afterAll(async () => {
  await restore();
  rmSync(scratch, { recursive: true, force: true });
});

/** What the app in a pod gets from an address. */
const fromPod = async (url: string) => {
  const path = `/api/v1/namespaces/default/services/web:80/proxy/fetch?url=${encodeURIComponent(url)}`;
  return (await kube.run("get", "--raw", path)).trim();
};

test("the node is Ready and of the server's version", async () => {
  const { items } = JSON.parse(await kube.run("get", "nodes", "-o", "json"));
  expect(items).toHaveLength(1);
  expect(items[0].status.nodeInfo.kubeletVersion).toBe("v1.36.3");
  expect(JSON.parse(await kube.run("version", "-o", "json")).serverVersion.gitVersion).toBe("v1.36.3");
});

describe("an app that the node pulled from the local registry", () => {
  test("answers through the API server", async () => {
    const page = await kube.run("get", "--raw", "/api/v1/namespaces/default/services/web:80/proxy/");
    expect(page).toMatch(/<h1>web 7<\/h1>.*served by <b id="host">web-/s);
  });

  test("answers this machine at its Service's address and at its pods'", async () => {
    const service = await kube.run("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    expect(await (await fetch(`http://${service}/healthz`)).text()).toBe("ok\n");
    const pods = await kube.run("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.podIP}");
    expect(pods.split(" ")).toHaveLength(2);
    for (const pod of pods.split(" ")) {
      expect(await (await fetch(`http://${pod}:8080/healthz`)).text()).toBe("ok\n");
    }
  });

  test("is found by its Service's name from its own pods, whichever of them answers", async () => {
    for (let i = 0; i < 8; i++) {
      expect(await fromPod("http://web.default.svc.cluster.local/healthz")).toBe("ok");
      expect(await fromPod("http://web/healthz")).toBe("ok");
    }
  });

  test("reaches a server that listens on this machine's gateway address", async () => {
    const server = createServer((_, response) => response.end("hello from outside"));
    server.listen(0, cluster.gateway);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await fromPod(`http://${cluster.gateway}:${port}/`)).toBe("hello from outside");
    server.close();
  });

  test("has logs, runs commands with input, and is measured", async () => {
    expect(await kube.run("logs", "deployment/web")).toContain("web 7 listens on :8080");
    const exec = ["exec", "-i", "deployment/web", "--", "/app", "cat"];
    const { code, stdout, stderr } = await kube.attempt(exec, "through and back");
    expect([code, stdout], stderr).toEqual([0, "through and back"]);
    const summary = JSON.parse(await kube.run("get", "--raw", "/api/v1/nodes/real/proxy/stats/summary"));
    expect(summary.node.memory.workingSetBytes).toBeGreaterThan(0);
  });

  test("is forwarded to a port of this machine", async () => {
    const args = ["--kubeconfig", cluster.kubeconfig, "port-forward", "service/web", ":80"];
    const forward = spawn(cluster.kubectl, args, { stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(forward, "exit");
    const [line] = (await once(forward.stdout, "data")) as [Buffer];
    const port = /127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1];
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("ok\n");
    forward.kill();
    await exited;
  });
});

test("an imported image runs without any registry", async () => {
  await importImage(cluster, tar);
  const image = "docker.io/kubenova/web:imported";
  await kube.run("run", "imported", "--image", image, "--image-pull-policy", "Never");
  await kube.run("wait", "pod/imported", "--for", "condition=Ready", "--timeout", "30s");
});

test("an image of a folder runs, links and all", async () => {
  const rootfs = join(scratch, "rootfs");
  mkdirSync(join(rootfs, "bin"), { recursive: true });
  copyFileSync((await ensureBinaries()).pause, join(rootfs, "bin", "program"));
  symlinkSync("program", join(rootfs, "bin", "link"));
  const [name, file] = ["docker.io/kubenova/folder:1", join(scratch, "folder.tar")];
  buildImage({ rootfs, tar: file, name, config: { Entrypoint: ["/bin/link"] } });
  await importImage(cluster, file);
  await kube.run("run", "folder", "--image", name, "--image-pull-policy", "Never");
  await kube.run("wait", "pod/folder", "--for", "condition=Ready", "--timeout", "30s");
});

test("helm is there and fits the server", async () => {
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, HELM_CACHE_HOME: scratch };
  expect(JSON.parse(await run(cluster.helm, ["list", "-A", "-o", "json"], { env }))).toEqual([]);
});

test.each(["kube-apiserver", "etcd", "kubelet", "containerd"])(
  "%s is started again after kill -9, and the pods go on",
  async (component) => {
    const { supervisor } = stateOf("real");
    const pods = [
      "get",
      "pods",
      "-l",
      "app=web",
      "-o",
      "jsonpath={.items[*].status.containerStatuses[0].containerID}",
    ];
    const before = await kube.run(...pods);
    const killed = identify(runningComponents(supervisor).get(component) ?? 0);
    if (!killed) throw new Error(`${component} does not run`);
    await end(killed, "SIGKILL", 10);
    const returned = () => (runningComponents(supervisor).get(component) ?? killed.pid) !== killed.pid;
    await until(`${component} to be back`, returned, { deadlineMs: 30_000 });
    const healthy = async () => (await up({ name: "real", node: "real" })).server === cluster.server;
    expect(await until("the cluster", async () => (await ready()) && healthy(), { deadlineMs: 60_000 })).toBe(
      true,
    );
    expect(await kube.run(...pods)).toBe(before);
  },
);

async function ready(): Promise<boolean> {
  const raw = ["get", "--raw", "/readyz"];
  const exec = ["exec", "deployment/web", "--", "/app", "env"];
  for (const args of [raw, exec]) {
    if ((await kube.attempt(args)).code !== 0) return false;
  }
  return true;
}
