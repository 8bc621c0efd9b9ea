import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { hook, watchHooks } from "../../test/engine/hooks.ts";
import { MOMENTS, type OperatorStarter, operatorStarter } from "../../test/engine/operator-process.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { Graphs } from "../../test/engine/team-graphs.ts";
import { sharedApiServer } from "../../test/kube/api-server.ts";
import { until } from "../../test/lib/until.ts";
import { SYSTEM } from "../../test/operator/fixture.ts";
import { type Kube, loadKube } from "../kube/index.ts";

const namespace = `creates-${Date.now().toString(36)}`;
let kube: Kube;
let graphs: Graphs;
let operators: OperatorStarter;
let hooks: Awaited<ReturnType<typeof watchHooks>>;

beforeAll(async () => {
  const kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await prepareNamespace(kube, SYSTEM);
  await installDefinitions(kube);
  graphs = await Graphs.open(kube, namespace);
  operators = await operatorStarter(kubeconfig);
  hooks = await watchHooks(kube, namespace);
});
afterAll(async () => {
  await hooks.stop();
  await operators.close();
  await graphs.close();
  kube.close();
});

const runsOf = (name: string) => hooks.runsOf(name);
const gone = (name: string) => hooks.gone(name);

describe("a hook", () => {
  let operator: ReturnType<OperatorStarter["start"]> | undefined;
  afterEach(() => operator?.kill());

  it("runs once for each of its objects and keys, also when what it left has gone", async () => {
    operator = operators.start();
    await graphs.write("hook", [hook("hook", "a")]);
    await graphs.awaitReady("hook");
    await gone("hook");
    await graphs.awaitNode("hook", "hook", "Ready", "completed; its object has been removed since");
    expect(runsOf("hook")).toBe(1);

    await graphs.write("hook", [hook("hook", "a")], { labels: { release: "2" } });
    await graphs.awaitReady("hook");
    expect(runsOf("hook")).toBe(1);

    await graphs.write("hook", [hook("hook", "b")]);
    await until("the changed one runs", () => runsOf("hook") === 2);
    await graphs.awaitReady("hook");
    await gone("hook");

    await graphs.write("hook", [hook("hook", "b", { mode: "Create", runKey: "again" })]);
    await until("the one with a key runs", () => runsOf("hook") === 3);
    await graphs.awaitReady("hook");
  });

  const WRITES = 6;
  /** From the apply on: what comes before is every graph's. */
  const points = Array.from({ length: plan.long ? WRITES * MOMENTS.length : 4 }, (_, n) => ({
    write: ((n + 2) % WRITES) + 1,
    moment: MOMENTS[(n + Math.floor(n / WRITES)) % MOMENTS.length] ?? "before",
  }));
  it.each(points)(
    "runs once though its operator is killed: $moment write $write",
    async ({ write, moment }) => {
      const name = `killed-${write}-${moment}`;
      for (const [index, command] of ["first", "second"].entries()) {
        const killed = operators.start();
        killed.dieAt({ write, moment });
        await killed.synced.catch(() => {});
        await graphs.write(name, [hook(name, command)]);
        // Later points are not reached by every run: then it is done instead.
        const isDone = () => graphs.awaitReady(name, 1).then(() => runsOf(name) === index + 1);
        await until(
          "it dies, or is done",
          async () => !killed.isAlive || (await isDone().catch(() => false)),
        );
        await killed.kill();
        operator = operators.start();
        await graphs.awaitReady(name);
        await gone(name);
        await graphs.awaitReady(name);
        expect(runsOf(name)).toBe(index + 1);
        await operator.kill();
      }
    },
  );
});

describe("a hook of a graph that is rolled back", () => {
  let operator: ReturnType<OperatorStarter["start"]> | undefined;
  afterEach(() => operator?.kill());
  const rollBack = async (name: string, rollbackTo: string | null) => {
    const ref = { apiVersion: "kubenova.io/v1alpha1", kind: "ResourceGraph", namespace, name };
    await kube.patch(ref, { spec: { rollbackTo } }, { fieldManager: "person" });
  };
  /** The graph is at rest, and each hook has run so often. */
  const haveRun = async (name: string, runs: Record<string, number>) => {
    const status = await graphs.awaitReady(name);
    for (const job of Object.keys(runs)) await gone(job);
    expect(Object.fromEntries(Object.keys(runs).map((job) => [job, runsOf(job)]))).toEqual(runs);
    return status.digest ?? "";
  };

  it("runs anew where the newer graph has another in its place, or none; the very same run is not repeated", async () => {
    operator = operators.start();
    await graphs.write("back", [hook("migrate", "one"), hook("same", "always"), hook("seed-1", "one")]);
    const former = await haveRun("back", { migrate: 1, same: 1, "seed-1": 1 });
    await graphs.write("back", [hook("migrate", "two"), hook("same", "always"), hook("seed-2", "two")]);
    await haveRun("back", { migrate: 2, same: 1, "seed-1": 1, "seed-2": 1 });
    await rollBack("back", former);
    await haveRun("back", { migrate: 3, same: 1, "seed-1": 2, "seed-2": 1 });
    await rollBack("back", null);
    await haveRun("back", { migrate: 4, same: 1, "seed-1": 2, "seed-2": 2 });
  });

  const random = plan.random("hooks of a rollback");
  /** A rollback takes the record, the hook itself and its TTL, and statuses beside them. */
  const points = Array.from({ length: plan.long ? 18 : 2 }, (_, n) => ({
    write: plan.long ? Math.ceil((n + 1) / MOMENTS.length) : Math.ceil(random() * 5),
    moment: MOMENTS[n % MOMENTS.length] ?? "before",
  }));
  it.each(points)("runs once a rollback, though its operator is killed: $moment write $write", async (at) => {
    const name = `back-${at.write}-${at.moment}`;
    operator = operators.start();
    await graphs.write(name, [hook(name, "one")]);
    const former = await haveRun(name, { [name]: 1 });
    await graphs.write(name, [hook(name, "two")]);
    await haveRun(name, { [name]: 2 });
    for (const [n, to] of [former, null].entries()) {
      await operator.synced;
      operator.dieAt(at);
      await rollBack(name, to);
      const isDone = () => graphs.awaitReady(name, 1).then(() => runsOf(name) === 3 + n);
      const killed = operator;
      await until("it dies, or is done", async () => !killed.isAlive || (await isDone().catch(() => false)));
      await killed.kill();
      operator = operators.start();
      await haveRun(name, { [name]: 3 + n });
    }
  });
});
