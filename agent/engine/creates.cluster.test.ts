import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { GraphNode } from "../../protocol/resources/graph.ts";
import { installDefinitions } from "../../test/agent/run.ts";
import { plan } from "../../test/attack/plan.ts";
import { MOMENTS, type OperatorStarter, operatorStarter } from "../../test/engine/operator-process.ts";
import { prepareNamespace } from "../../test/engine/scene.ts";
import { Graphs } from "../../test/engine/team-graphs.ts";
import { sharedApiServer } from "../../test/kube/api-server.ts";
import { until } from "../../test/lib/until.ts";
import { isGone, SYSTEM } from "../../test/operator/fixture.ts";
import { createReflector, type Kube, loadKube, type Reflector } from "../kube/index.ts";

/** Hooks: Jobs that complete at once, and are removed by their TTL as soon as they have one. */
const namespace = `creates-${Date.now().toString(36)}`;
const JOB = { apiVersion: "batch/v1", kind: "Job" };
let kube: Kube;
let graphs: Graphs;
let operators: OperatorStarter;
let jobs: Reflector;
/** UIDs of all Jobs that ever were, by name. */
const made = new Map<string, Set<string>>();

beforeAll(async () => {
  const kubeconfig = await sharedApiServer();
  kube = await loadKube({ kubeconfig });
  await prepareNamespace(kube, SYSTEM);
  await installDefinitions(kube);
  graphs = await Graphs.open(kube, namespace);
  operators = await operatorStarter(kubeconfig);
  jobs = createReflector(kube, { type: JOB, namespace });
  const note = ({ metadata: { name, uid } }: { metadata: { name: string; uid: string } }) =>
    made.set(name, new Set([...(made.get(name) ?? []), uid]));
  jobs.on({ added: note, updated: note });
  await jobs.synced;
});
afterAll(async () => {
  await jobs.stop();
  await operators.close();
  await graphs.close();
  kube.close();
});

const hook = (name: string, command: string, applyPolicy: GraphNode["applyPolicy"] = { mode: "Create" }) =>
  ({
    id: name,
    object: {
      ...{ ...JOB, metadata: { name } },
      spec: {
        ...{ completions: 0, parallelism: 0, ttlSecondsAfterFinished: 0 },
        template: {
          spec: { restartPolicy: "Never", containers: [{ name: "x", image: "x:1", command: [command] }] },
        },
      },
    },
    applyPolicy,
  }) as GraphNode;
const runsOf = (name: string) => made.get(name)?.size ?? 0;
const gone = (name: string) =>
  until(`job ${name} has gone`, () => isGone(kube, { ...JOB, namespace, name }), { deadlineMs: 60_000 });

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
