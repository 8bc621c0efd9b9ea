import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectl } from "../lib/kubectl.ts";
import { until } from "../lib/until.ts";
import { down, list, type UpOptions, UsageError, up } from "./index.ts";
import { end, isAlive } from "./processes.ts";
import { attempt } from "./run.ts";
import { descendants, isolate, stateOf, traces } from "./testing.ts";

let restore: () => Promise<void>;
beforeAll(() => {
  restore = isolate();
});
afterAll(() => restore());

const options: UpOptions = {
  name: "none",
  node: "none",
  audit: true,
  featureGates: { MutablePVNodeAffinity: true },
  runtimeConfig: { "resource.k8s.io/v1beta1": true },
};

describe("a cluster without a node", () => {
  test("has an API server that takes objects", async () => {
    const kube = kubectl(await up(options));
    await kube.run("create", "configmap", "x", "--from-literal", "a=1");
    expect(await kube.run("get", "configmap", "x", "-o", "jsonpath={.data.a}")).toBe("1");
  });

  test("is the same one when it is asked for again", async () => {
    const before = stateOf("none").supervisor;
    expect((await up(options)).server).toBe(stateOf("none").server);
    expect(stateOf("none").supervisor).toEqual(before);
  });

  test("is not changed in passing: other options are refused", async () => {
    await expect(up({ ...options, audit: false })).rejects.toThrow(UsageError);
  });

  test("writes each request to the audit log, with an id", async () => {
    const { auditLog = "" } = await up(options);
    const events = readFileSync(auditLog, "utf8").trim().split("\n");
    const parsed = events.map((line) => JSON.parse(line));
    const created = parsed.filter(({ verb, objectRef }) => verb === "create" && objectRef?.name === "x");
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({
      level: "Metadata",
      auditID: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test("has the feature gates and API versions that were asked for", async () => {
    const kube = kubectl(await up(options));
    const get = (path: string) => kube.run("get", "--raw", path);
    expect(await get("/metrics")).toMatch(/kubernetes_feature_enabled\{name="MutablePVNodeAffinity",.*\} 1/);
    expect(await get("/apis/resource.k8s.io/v1beta1")).toContain("resourceclaims");
  });

  test("ends wholly with its supervisor, however that ends; up makes it anew", async () => {
    const { supervisor } = stateOf("none");
    const processes = descendants(supervisor.pid);
    expect(processes.length).toBeGreaterThanOrEqual(5);
    await end(supervisor, "SIGKILL", 10);
    await until("all processes to go", () => !processes.some(isAlive), { deadlineMs: 10_000 });
    await up(options);
    expect(stateOf("none").supervisor).not.toEqual(supervisor);
  });

  test("leaves nothing after down", async () => {
    const state = stateOf("none");
    const processes = descendants(state.supervisor.pid);
    await down("none");
    expect(await traces("none", state, processes)).toEqual([]);
    expect(await list()).toEqual([]);
  });
});

test("a played node becomes Ready, and so do its pods", async () => {
  const cluster = await up({ name: "played", node: "kwok" });
  const kube = kubectl(cluster);
  await kube.run("create", "deployment", "web", "--image", "nowhere/web:1", "--replicas", "20");
  await kube.run("rollout", "status", "deployment/web", "--timeout", "60s");
  await cluster.down();
});

describe("the command", () => {
  const cluster = (...args: string[]) => attempt(process.execPath, ["test/cluster/cli.ts", ...args]);

  test.each([
    ["a bad name", ["up", "No_Good"], /cannot name a cluster/],
    ["an unknown node type", ["up", "a", "--node", "fake"], /real, kwok, none/],
    ["an unknown command", ["start"], /usage:/],
    ["an unknown flag", ["up", "--fast"], /--fast/],
    ["a switch that is none", ["up", "--feature-gates", "A"], /NAME=true/],
  ])("refuses %s with exit code 2", async (_, args, words) => {
    const { code, stderr } = await cluster(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });

  test("goes from up to down: only the kubeconfig's path is on stdout", async () => {
    const path = (await cluster("up", "cli", "--node", "none")).stdout.trim();
    expect(existsSync(path)).toBe(true);
    expect((await cluster("kubeconfig", "cli")).stdout.trim()).toBe(path);
    expect((await cluster("list")).stdout).toMatch(/^cli\tnone\tready\thttps:\/\/127\.0\.0\.1:\d+\n$/);
    expect((await cluster("down", "--all")).code).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect((await cluster("kubeconfig", "cli")).code).toBe(1);
  });
});
