import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLOSE, PING_INTERVAL_MS, PONG_DEADLINE_MS } from "../../protocol/tunnel/limits.ts";
import { TestEdge } from "../../test/agent/edge.ts";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { until } from "../../test/lib/until.ts";
import { generateKey } from "../identity/keys.ts";
import { systemClock } from "../kube/index.ts";
import { silentLogger } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { startTunnel, type Tunnel, type TunnelOptions } from "./index.ts";

let edge: TestEdge;
let stop: AbortController;
let tunnel: Tunnel;

const dial = (options: Partial<TunnelOptions> = {}): Tunnel => {
  const key = generateKey();
  return startTunnel({
    managerUrl: edge.url,
    clusterId: edge.clusterId,
    clusterUid: "uid-1",
    key: () => key,
    cursor: () => ({ epochId: edge.epochId, seq: 0 }),
    observed: () => ({ capabilities: { components: {}, flags: {} } }),
    consumers: [],
    log: silentLogger,
    metrics: createMetrics(),
    clock: systemClock,
    random: () => 0.01,
    signal: stop.signal,
    ...options,
  });
};

beforeEach(async () => {
  edge = await TestEdge.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error("the test is over"));
  await tunnel?.stopped;
  await edge.stop();
});

describe("a session", () => {
  it("is there after one round trip, with a proof over the host that was dialled", async () => {
    tunnel = dial();
    await edge.connected();
    await until("the tunnel knows", () => tunnel.status().state === "connected");
    expect(edge.hellos).toHaveLength(1);
    expect(edge.hellos[0]).toMatchObject({ host: `127.0.0.1:${edge.port}`, cursor: { seq: 0 } });
    expect(edge.namedKeys).toEqual([edge.hellos[0]?.publicKey]);
  });

  it("is opened again after it was lost, from the cursor of that moment", async () => {
    let seq = 3;
    edge.seq = 9;
    tunnel = dial({ cursor: () => ({ epochId: edge.epochId, seq }) });
    await edge.connected();
    seq = 7;
    edge.cut();
    await edge.connected(2);
    expect(edge.hellos.map(({ cursor }) => cursor?.seq)).toEqual([3, 7]);
  });

  it("ends when the agent stops, and nothing is dialled any more", async () => {
    tunnel = dial();
    await edge.connected();
    stop.abort(new Error("stopping"));
    await tunnel.stopped;
    expect(tunnel.status().state).toBe("stopped");
    expect(edge.hellos).toHaveLength(1);
  });

  it("is dropped and dialled anew where pings stay without an answer", async () => {
    const clock = createManualClock();
    edge.answersPings = false;
    tunnel = dial({ clock });
    await until("dialling", () => clock.sleepers > 0);
    await clock.advance(1_000);
    await edge.connected();
    for (let passed = 0; passed <= PONG_DEADLINE_MS + PING_INTERVAL_MS; passed += PING_INTERVAL_MS) {
      await clock.advance(PING_INTERVAL_MS);
    }
    await until("the silence is noticed", () => tunnel.status().state === "waiting");
    expect(tunnel.status().reason).toMatch(/silent/);
    expect(edge.pings).toBeGreaterThan(1);
    await clock.advance(30_000);
    await edge.connected(2);
  });
});

describe("what the manager says", () => {
  it("fenced: stops for this term, says so, and dials no more", async () => {
    tunnel = dial();
    await edge.connected();
    edge.socket?.close(CLOSE.fenced, "a newer session");
    await tunnel.stopped;
    expect(tunnel.status()).toMatchObject({ state: "fenced", reason: "a newer session" });
  });

  it.each([
    [CLOSE.unauthorized, "the key is unknown"],
    [CLOSE.wrongCluster, "another cluster"],
    [CLOSE.deleted, "the cluster was deleted"],
    [CLOSE.upgradeRequired, "upgrade the agent"],
  ])("%i: waits for minutes, and keeps the reason", async (code, reason) => {
    edge.afterHello = (_edge, socket) => socket.close(code, reason);
    tunnel = dial();
    await until("refused", () => tunnel.status().state === "refused");
    expect(tunnel.status().reason).toBe(reason);
    expect(edge.hellos).toHaveLength(1);
  });

  it("fenced, before there was a session: a loss, dialled anew", async () => {
    edge.afterHello = (_edge, socket) => {
      edge.afterHello = undefined;
      socket.close(CLOSE.fenced, "a newer session");
    };
    tunnel = dial();
    await edge.connected();
    expect(edge.hellos).toHaveLength(2);
  });

  it("an HTTP error instead of the upgrade: a loss, dialled anew", async () => {
    edge.refuseUpgrade = 503;
    tunnel = dial();
    await until("waiting", () => tunnel.status().state === "waiting");
    expect(tunnel.status().reason).toMatch(/503/);
    edge.refuseUpgrade = 0;
    await edge.connected();
  });

  it("the time: it is compared, also where the answer is no tunnel", async () => {
    edge.refuseUpgrade = 503;
    const told: unknown[] = [];
    tunnel = dial({ clockWatch: { told: (by, date) => told.push([by, date]), explain: (reason) => reason } });
    await until("it is told", () => told.length > 0);
    expect(told[0]).toEqual(["manager", edge.date]);
  });

  it("no common version: says what to upgrade, and waits", async () => {
    edge.onAccept = (socket) =>
      edge.send(socket, { t: "challenge", versions: [7], nonce: "bm9uY2U", epochId: edge.epochId });
    tunnel = dial();
    await until("refused", () => tunnel.status().state === "refused");
    expect(tunnel.status().reason).toMatch(/upgrade: the manager speaks tunnel 7/);
  });
});

describe("garbage from the edge", () => {
  it.each([
    ["not JSON", "<html>502</html>"],
    ["no kind", "{}"],
    ["a malformed frame", '{"t":"welcome","version":"one"}'],
    ["a frame before the welcome", '{"t":"status-ack","n":1}'],
    ["a welcome before the challenge's answer", '{"t":"chunk","id":1,"i":4,"of":5,"data":""}'],
    ["a message over the bound", "x".repeat(300 * 1024)],
  ])("%s ends the session, not the process; the next one works", async (_name, message) => {
    edge.onAccept = (socket) => {
      edge.onAccept = undefined;
      socket.send(message);
    };
    tunnel = dial();
    await edge.connected();
  });

  it("a kind that this agent does not know is passed over", async () => {
    tunnel = dial();
    await edge.connected();
    edge.socket?.send('{"t":"from-the-future","x":1}');
    edge.socket?.send(Buffer.from([9, 9, 9]));
    edge.socket?.send('{"t":"status-ack","n":1}');
    await until("the tunnel knows", () => tunnel.status().state === "connected");
    expect(edge.session).toBe(1);
  });
});
