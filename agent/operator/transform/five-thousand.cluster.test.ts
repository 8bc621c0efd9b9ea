import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ResourceGraphSpec, ResourceGraphStatus } from "../../../protocol/resources/graph.ts";
import { installDefinitions } from "../../../test/agent/run.ts";
import { plan } from "../../../test/attack/plan.ts";
import { type OperatorStarter, operatorStarter } from "../../../test/engine/operator-process.ts";
import { prepareNamespace } from "../../../test/engine/scene.ts";
import { sharedApiServer } from "../../../test/kube/api-server.ts";
import { until } from "../../../test/lib/until.ts";
import { API, removeEverything, SYSTEM } from "../../../test/operator/fixture.ts";
import { awaitTransform, inline, transform } from "../../../test/operator/transforms.ts";
import { agentProgram } from "../../../test/services/go-binary.ts";
import { createReflector, type Kube, type LiveObject, loadKube, type Reflector } from "../../kube/index.ts";

const NODES = plan.long ? 5_000 : 1_200;
const DEADLINE_MS = plan.long ? 600_000 : 110_000;
const NAME = "thousands";
const namespace = `thousands-${Date.now().toString(36)}`;
const MODULE = `package thousands
import (
	"list"
	"strings"
)
#Input: {count: int, changed: int | *-1}
input: #Input
nodes: {for i in list.Range(0, input.count, 1) {"n\\(i)": object: {
	apiVersion: "v1"
	kind:       "ConfigMap"
	metadata: name: "n\\(i)"
	data: {note: strings.Repeat("of them there are many; ", 10), value: "\\([if i == input.changed {"changed"}, "first"][0])"}
}}}
`;
let kube: Kube;
let operators: OperatorStarter;
let operator: ReturnType<OperatorStarter["start"]>;
let maps: Reflector;
/** UIDs of all that ever were, by name; and what is there. */
const made = new Map<string, Set<string>>();
const present = new Map<string, string>();

beforeAll(async () => {
  const kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await installDefinitions(kube);
  await prepareNamespace(kube, SYSTEM);
  await prepareNamespace(kube, namespace);
  operators = await operatorStarter(kubeconfig, await agentProgram("renderer"));
  const labelSelector = "app.kubernetes.io/managed-by=kubenova";
  maps = createReflector(kube, { type: { apiVersion: "v1", kind: "ConfigMap" }, namespace, labelSelector });
  const note = ({ metadata: { name, uid }, data }: LiveObject) => {
    made.set(name, (made.get(name) ?? new Set()).add(uid));
    present.set(name, (data as { value: string }).value);
  };
  maps.on({ added: note, updated: note, deleted: ({ metadata: { name } }) => void present.delete(name) });
  await maps.synced;
});
afterAll(async () => {
  await maps.stop();
  if (!operator.isAlive) operators.start();
  await removeEverything(kube);
  await operators.close();
  await kube.delete({ apiVersion: "v1", kind: "Namespace", name: namespace });
  kube.close();
});

const write = (count: number, changed?: number) => {
  const spec = inline(MODULE, changed === undefined ? { count } : { count, changed });
  return kube.apply(transform({ namespace, name: NAME, spec }), { force: true });
};
const GRAPH = { apiVersion: API, kind: "ResourceGraph", namespace, name: `transform-${NAME}` };
const rollBack = (rollbackTo: string | null) =>
  kube.patch(GRAPH, { spec: { rollbackTo } }, { fieldManager: "person" });
const killed = async () => {
  await until("it is killed", () => !operator.isAlive, { deadlineMs: DEADLINE_MS });
  await operator.wasKilled;
};
const ready = () => awaitTransform(kube, namespace, NAME, "Ready", DEADLINE_MS);
const graph = async () =>
  (await kube.get(GRAPH)) as unknown as { spec: ResourceGraphSpec; status: ResourceGraphStatus };
/** Most that it ever had in memory. */
const peakMb = () =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${operator.pid}/status`, "utf8"))?.[1]) / 1024);
/** What this took of time and requests. */
const measured = async (what: string, work: () => Promise<unknown>) => {
  const [began, writes, requests] = [performance.now(), operator.writes(), operator.requests()];
  await work();
  const took = { writes: operator.writes() - writes, requests: operator.requests() - requests };
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${what}: ${seconds} s, ${JSON.stringify(took)}, at most ${peakMb()} MB`);
  return took;
};

describe(`a Transform of ${NODES} objects`, () => {
  it("has each of them made once, though its operator is killed in the middle", async () => {
    operator = operators.start();
    await operator.synced;
    operator.dieAt({ write: NODES / 2, moment: "sent" });
    await write(NODES);
    await killed();
    expect(present.size).toBeLessThan(NODES);
    operator = operators.start();
    const { writes } = await measured(`the rest of ${NODES}`, ready);
    expect((await graph()).spec.shards?.length).toBeGreaterThan(0);
    await until("all are there", () => present.size === NODES);
    expect([...made.values()].filter((uids) => uids.size !== 1)).toEqual([]);
    // Those of the first half are not written again.
    expect(writes).toBeLessThan(0.6 * NODES + 60);
  });

  it("costs what one object costs, and a few shards, when one changes", async () => {
    const { requests } = await measured("one changes", () => write(NODES, 17).then(ready));
    await until("it is changed", () => present.get("n17") === "changed");
    expect(requests).toBeLessThan(40);
  });

  it("goes back to the graph before, which is in shards, though its operator is killed; and forward again", async () => {
    const former = await until("it is listed", async () => (await graph()).status.history?.[0]);
    operator.dieAt({ write: 2, moment: "sent" });
    await rollBack(former.digest);
    await killed();
    operator = operators.start();
    const { message } = await awaitTransform(kube, namespace, NAME, "Degraded", DEADLINE_MS);
    expect(message).toContain(`carries out the former graph ${former.digest}`);
    await until("it is as it was", () => present.get("n17") === "first");
    const { writes } = await measured("forward again", () => rollBack(null).then(ready));
    await until("it is changed", () => present.get("n17") === "changed");
    expect(writes).toBeLessThan(20);
    expect([...made.values()].filter((uids) => uids.size !== 1)).toEqual([]);
  });

  it("shrinks to ten, and to nothing, with one deletion each", async () => {
    const ten = await measured("all but ten go", () => write(10, 17).then(ready));
    expect(ten.writes).toBeLessThan(1.05 * NODES + 60);
    // What the chart's limit leaves to the agent itself beside renders and fetches.
    expect(peakMb()).toBeLessThan(384);
    await until("ten are left", () => present.size === 10);
    await write(0);
    await ready();
    await until("none is left", () => present.size === 0);
    await until("no record is left", async () => {
      const { inventory, inventoryShards } = (await graph()).status;
      return !inventory && !inventoryShards;
    });
  });
});
