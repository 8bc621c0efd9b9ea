import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tenantResource } from "../domain/desired/index.ts";
import { CLOSE } from "../protocol/tunnel/limits.ts";
import { TestEdge } from "../test/agent/edge.ts";
import type { RunOptions } from "../test/agent/run.ts";
import {
  idleOperator,
  installDefinitions,
  JOIN_TOKEN,
  type RunningAgent,
  removeAll,
  runAgent,
} from "../test/agent/run.ts";
import { killAndAwaitRestart } from "../test/kube/api-server.ts";
import { type Fixture, kubeFixture } from "../test/kube/fixture.ts";
import { until } from "../test/lib/until.ts";

let fixture: Fixture;
let edge: TestEdge;
let agents: RunningAgent[] = [];

const start = async (options: Partial<RunOptions> = {}) => {
  const agent = await runAgent({
    edge,
    kubeconfig: fixture.kubeconfig,
    namespace: fixture.namespace,
    ...options,
  });
  agents.push(agent);
  return agent;
};
const ULID = "0".repeat(25);
const tenant = (n: number) => ({
  key: `tenant/ten_${ULID}${n}`,
  revision: 1,
  resource: tenantResource({ id: `ten_${ULID}${n}`, name: `t${n}` }),
});
const tenants = async () =>
  (await fixture.kube.list({ apiVersion: "kubenova.io/v1alpha1", kind: "NovaTenant" })).items;
const identity = { apiVersion: "v1", kind: "Secret", name: "kubenova-agent-identity" };
const secret = async () => {
  const { data } = await fixture.kube.get({ ...identity, namespace: fixture.namespace });
  const fields = Object.entries((data ?? {}) as Record<string, string>);
  return Object.fromEntries(
    fields.map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]),
  );
};
const readyz = async (agent: RunningAgent) =>
  JSON.parse((await agent.get("/readyz")).text) as Record<string, unknown>;

beforeAll(async () => {
  fixture = await kubeFixture("agent-test");
  await installDefinitions(fixture.kube);
});
afterAll(async () => {
  await removeAll(fixture.kube);
  await fixture.close();
});
beforeEach(async () => {
  edge = await TestEdge.start();
  edge.epochId = `epoch-${process.pid}-${performance.now()}`;
  await removeAll(fixture.kube);
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await edge.stop();
  for (const ref of [identity, { apiVersion: "v1", kind: "ConfigMap", name: "kubenova-agent-state" }]) {
    await fixture.kube.delete({ ...ref, namespace: fixture.namespace }).catch(() => {});
  }
});

describe("enrolment", () => {
  it("makes a key that never leaves the cluster, and keeps it over restarts", async () => {
    await start();
    await edge.connected();
    const first = await secret();
    expect(first).toMatchObject({ clusterId: edge.clusterId, publicKey: edge.hellos[0]?.publicKey });
    await agents.pop()?.stop();
    edge.tokens.clear();
    await start();
    await edge.connected(2);
    expect(edge.hellos[1]?.publicKey).toBe(first.publicKey);
  });

  it("with a token that the manager refuses: says so, is not ready, and keeps the key for the next try", async () => {
    edge.refuseEnrol = 401;
    const agent = await start();
    await until("it says why", async () => /401/.test(String((await readyz(agent)).reason)));
    expect((await agent.get("/readyz")).status).toBe(503);
    expect((await agent.get("/healthz")).status).toBe(200);
    expect((await secret()).clusterId).toBeUndefined();
    expect(JSON.stringify(agent.log)).not.toContain(JOIN_TOKEN.split(".")[1]);
  });

  it("is tried again while the manager is unwell", async () => {
    edge.refuseEnrol = 503;
    const agent = await start();
    await until("a try failed", async () => /503/.test(String((await readyz(agent)).reason)));
    edge.refuseEnrol = 0;
    await edge.connected();
  });

  it("an old key is replaced inside a session, and the next dial uses the new one", async () => {
    await start();
    await edge.connected();
    await agents.pop()?.stop();
    const past = Buffer.from("2020-01-01T00:00:00Z").toString("base64");
    const ref = { ...identity, namespace: fixture.namespace };
    await fixture.kube.patch(ref, { data: { keyCreatedAt: past } });
    await start({ config: { keyRotationDays: 30 } });
    await until("a new key is announced", () => edge.frames.some(({ t }) => t === "rotate-key"));
    const announced = edge.frames.find(({ t }) => t === "rotate-key") as { publicKey: string };
    edge.keys.add(announced.publicKey);
    if (edge.socket) edge.send(edge.socket, { t: "key-rotated", publicKey: announced.publicKey });
    await until("it is stored", async () => (await secret()).publicKey === announced.publicKey);
    edge.cut();
    await edge.connected(3);
    expect(edge.hellos.at(-1)?.publicKey).toBe(announced.publicKey);
  });
});

describe("two agents with one identity", () => {
  it("one leads, the other waits, and takes over when the first stops", async () => {
    const first = await start();
    await edge.connected();
    const second = await start();
    await until("a standby", () => second.health().role === "standby");
    expect((await second.get("/readyz")).status).toBe(200);
    expect(edge.session).toBe(1);
    await first.stop();
    agents = agents.filter((agent) => agent !== first);
    await edge.connected(2);
  });

  it("the fenced one stops dialling, is not ready, and says so", async () => {
    const agent = await start();
    await edge.connected();
    edge.socket?.close(CLOSE.fenced, "a newer session");
    await until("fenced", () => agent.health().tunnel.state === "fenced");
    expect((await agent.get("/readyz")).status).toBe(503);
    expect(await readyz(agent)).toMatchObject({ tunnel: "fenced" });
    expect((await agent.get("/metrics")).text).toContain("kubenova_agent_tunnel_fenced 1");
    expect(agent.log.some(({ level, message }) => level === "error" && /fenced/.test(String(message)))).toBe(
      true,
    );
    expect(edge.hellos).toHaveLength(1);
  });
});

describe("while something is away", () => {
  it("the manager: the controllers run all the same, and the agent stays ready", async () => {
    edge.refuseUpgrade = 503;
    const seen: string[] = [];
    const agent = await start({
      startOperator: ({ signal, onStatus }) => {
        onStatus([{ key: tenant(1).key, revision: 1, phase: "Ready" }]);
        seen.push("operator");
        const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        return { ...idleOperator, synced: Promise.resolve(), stopped };
      },
    });
    await until("it was refused", () => agent.health().tunnel.state === "waiting");
    expect(seen).toEqual(["operator"]);
    expect((await agent.get("/readyz")).status).toBe(200);
    edge.refuseUpgrade = 0;
    expect((await edge.phase(tenant(1).key, "Ready")).revision).toBe(1);
  });

  it("the API server, as frames come: none is acked before it is stored, and all are in the end", async () => {
    await start();
    await edge.connected();
    await edge.put(tenant(1));
    await edge.acked(1);
    const back = killAndAwaitRestart(fixture.kubeconfig);
    for (let n = 2; n <= 9; n += 1) await edge.put(tenant(n));
    await back;
    await edge.acked(9);
    expect(await tenants()).toHaveLength(9);
  });
});

describe("read-only", () => {
  it("refuses documents, writes nothing but its own three objects, and still reports", async () => {
    await edge.put(tenant(1));
    await start({ config: { mode: "read-only" } });
    expect((await edge.phase(tenant(1).key, "Refused")).message).toBe("cluster is read-only");
    await edge.acked(1);
    expect(await tenants()).toHaveLength(0);
    expect(edge.hellos[0]?.inventory?.namespaces).toBeGreaterThan(2);
    expect(edge.hellos[0]?.capabilities.flags).toMatchObject({ manage: false });
  });
});

describe("streams", () => {
  it("lists pods, and gives the API server's own answer for the log of one that is not there", async () => {
    await start();
    await edge.connected();
    const open = (s: number, target: object) => {
      const frame = { t: "open", s, deadlineMs: 5_000, correlationId: "c", credit: 100_000, target } as never;
      if (edge.socket) edge.send(edge.socket, frame);
    };
    open(1, { kind: "pods", namespace: "default", selector: "" });
    open(2, { kind: "logs", namespace: "default", pod: "nobody", follow: false });
    const end = (s: number) => edge.frames.some((frame) => frame.t === "end" && frame.s === s);
    await until("both ended", () => end(1) && end(2));
    expect(edge.frames).toContainEqual(expect.objectContaining({ t: "opened", s: 1, status: 200 }));
    expect(edge.frames).toContainEqual(expect.objectContaining({ t: "opened", s: 2, status: 404 }));
    const body = Buffer.concat(edge.data.filter(({ stream }) => stream === 1).map(({ payload }) => payload));
    expect(JSON.parse(body.toString())).toEqual({ items: [] });
  });
});
