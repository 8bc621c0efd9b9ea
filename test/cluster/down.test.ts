import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { kubectl } from "../lib/kubectl.ts";
import { until } from "../lib/until.ts";
import { WEB_APP } from "./images.ts";
import { buildGoImage, type Cluster, down, importImage, list, up } from "./index.ts";
import { release } from "./network.ts";
import { clusterFolder } from "./paths.ts";
import { end, type ProcessIdentity } from "./processes.ts";
import { readState, type State } from "./state.ts";
import { descendants, isolate, stateOf, traces } from "./testing.ts";

let restore: () => Promise<void>;
beforeEach(() => {
  restore = isolate();
});
afterEach(() => restore());

/** A pod that runs, so that there are sandboxes, shims, mounts and interfaces to leave behind. */
async function runPod(cluster: Cluster): Promise<void> {
  const image = "docker.io/kubenova/web:1";
  const tar = join(clusterFolder(cluster.name), "web.tar");
  await buildGoImage({ folder: WEB_APP, tar, name: image });
  await importImage(cluster, tar);
  await kubectl(cluster).run("run", "web", "--image", image, "--image-pull-policy", "Never");
  await kubectl(cluster).run("wait", "pod/web", "--for", "condition=Ready", "--timeout", "60s");
}

async function expectNothingLeft(name: string, state: State, processes: ProcessIdentity[]): Promise<void> {
  // A process that ended stays listed until its parent took note.
  await until("processes to be gone", () => processes.every(isGone), { deadlineMs: 10_000 });
  expect(await traces(name, state, processes)).toEqual([]);
}

const isGone = ({ pid, started }: ProcessIdentity) =>
  !descendants(pid).some((one) => one.pid === pid && one.started === started);

test("of two clusters side by side each has its own network, and down of one leaves the other alone", async () => {
  const [one, two] = await Promise.all([up({ name: "one" }), up({ name: "two" })]);
  expect([one.node, two.node]).toEqual(["real", "real"]);
  expect(one.nodeIP).not.toBe(two.nodeIP);
  await runPod(one);
  await runPod(two);
  const state = stateOf("one");
  const processes = descendants(state.supervisor.pid);
  // etcd, API server, controllers, scheduler, containerd, kubelet, proxy, DNS, registry, and the pod's.
  expect(processes.length).toBeGreaterThan(11);
  expect((await traces("one", state, processes)).join()).toMatch(
    /process.*folder.*cgroup.*interface.*route.*table/,
  );

  await one.down();
  await expectNothingLeft("one", state, processes);
  expect((await list()).map(({ name, healthy }) => [name, healthy])).toEqual([["two", true]]);
  const pod = await kubectl(two).run("get", "pod", "web", "-o", "jsonpath={.status.podIP}");
  expect((await fetch(`http://${pod}:8080/healthz`)).ok).toBe(true);
});

test("after kill -9 of the supervisor nothing runs, down clears the rest, and up begins anew", async () => {
  const cluster = await up({ name: "killed" });
  await runPod(cluster);
  const state = stateOf("killed");
  const processes = descendants(state.supervisor.pid);
  await end(state.supervisor, "SIGKILL", 30);
  await until("all processes to go", () => processes.every(isGone), { deadlineMs: 10_000 });
  expect(await list()).toMatchObject([{ name: "killed", healthy: false }]);

  const again = await up({ name: "killed" });
  expect((await kubectl(again).run("get", "pods")).trim()).toBe("");
  const second = stateOf("killed");
  expect(second.cgroup).not.toBe(state.cgroup);
  await down("killed");
  await expectNothingLeft("killed", { ...state, block: undefined }, processes);
  await expectNothingLeft("killed", second, []);
});

test("the folder of a cluster that a reboot ended is cleared, and no other cluster's things are", async () => {
  const living = await up({ name: "living" });
  const state = stateOf("living");
  // As it stands after a reboot: the process id means another process now, the block another's link.
  const stale = { ...state, options: { ...state.options, name: "stale" } };
  const supervisor = { ...state.supervisor, boot: "00000000-0000-0000-0000-000000000000" };
  mkdirSync(clusterFolder("stale"), { recursive: true });
  const file = join(clusterFolder("stale"), "state.json");
  writeFileSync(file, JSON.stringify({ ...stale, supervisor, cgroup: "kubenova-stale-000000" }));
  expect((await list()).find(({ name }) => name === "stale")?.healthy).toBe(false);
  await down("stale");
  expect(readState("stale")).toBeUndefined();
  expect(await list()).toMatchObject([{ name: "living", healthy: true }]);
  expect((await kubectl(living).run("get", "--raw", "/readyz")).trim()).toBe("ok");
});

test("a folder that says nothing is cleared; a cluster that never was is fine", async () => {
  mkdirSync(clusterFolder("torn"), { recursive: true });
  writeFileSync(join(clusterFolder("torn"), "state.json"), '{"options":');
  await down("torn");
  await down("never");
  expect(await list()).toEqual([]);
});

test("a cluster whose folder somebody removed ends by itself", async () => {
  await up({ name: "bare", node: "none" });
  const { supervisor } = stateOf("bare");
  const processes = descendants(supervisor.pid);
  rmSync(clusterFolder("bare"), { recursive: true, maxRetries: 10 });
  await until("all processes to go", () => processes.every(isGone), { deadlineMs: 10_000 });
});

test("addresses that another owner took over are not released", async () => {
  const cluster = await up({ name: "owner" });
  const { block } = stateOf("owner");
  if (!block) throw new Error("a real node has a block");
  await release("/somebody/else", block);
  expect((await kubectl(cluster).run("get", "--raw", "/readyz")).trim()).toBe("ok");
});
