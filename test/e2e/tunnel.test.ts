import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type WebSocket from "ws";
import { systemClock } from "../../agent/kube/index.ts";
import { createLogger } from "../../agent/log.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { dial } from "../../agent/tunnel/dial.ts";
import { startTunnel, type Tunnel } from "../../agent/tunnel/index.ts";
import type { EdgeFrame } from "../../protocol/tunnel/frames.ts";
import { CLOSE, HELLO_DEADLINE_MS, PONG, RECONNECT_FIRST_MS } from "../../protocol/tunnel/limits.ts";
import { plan } from "../attack/plan.ts";
import { ApiClient } from "../lib/api.ts";
import { type AgentIdentity, enrolCluster, helloOf } from "../lib/simulated-identity.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";

/** Sockets that an object takes before their hello (durable-objects/cluster/admission.ts). */
const MAX_PENDING = 16;
/** A close that waits for anything but the network takes ten seconds in this runtime, or thirty in the client. */
const AT_ONCE_MS = 2_000;

let manager: Manager;
let url: string;
let api: ApiClient;

beforeAll(async () => {
  manager = await startManager();
  url = await manager.directUrl();
  api = new ApiClient({ url, key: manager.key });
});

afterAll(async () => {
  api?.close();
  await manager?.stop();
});

interface Dialled {
  challengedAt: number | undefined;
  closed: { code: number; reason: string; at: number } | undefined;
}

/** The agent's own dial, which then never says hello. */
function dialMutely(clusterId: string): Dialled {
  const dialled: Dialled = { challengedAt: undefined, closed: undefined };
  const socket: WebSocket = dial({ managerUrl: new URL(url), clusterId }, () => {});
  socket.on("message", () => {
    dialled.challengedAt ??= performance.now();
  });
  socket.on("close", (code, reason) => {
    dialled.closed = { code, reason: reason.toString(), at: performance.now() };
  });
  return dialled;
}

describe("a socket without a hello", () => {
  it("knows at once that it was cut: for a newer one over the limit, or at its deadline", async () => {
    const { body } = await api.post<{ id: string }>("/api/v1/clusters", { name: "strangers" });
    const dialled: Dialled[] = [];
    for (let n = 0; n < MAX_PENDING + 1; n++) {
      const each = dialMutely(body.id);
      await until("the challenge", () => each.challengedAt);
      dialled.push(each);
    }
    const [oldest, ...others] = dialled;
    const cut = await until("the oldest is cut", () => oldest?.closed, { deadlineMs: AT_ONCE_MS });
    expect(cut).toMatchObject({ code: CLOSE.tryLater, reason: "too many sockets without a hello" });
    const late = () => others.every(({ closed }) => closed !== undefined);
    await until("the others are late", late, { deadlineMs: HELLO_DEADLINE_MS + AT_ONCE_MS });
    for (const { challengedAt, closed } of others) {
      expect(closed).toMatchObject({ code: CLOSE.helloTimeout, reason: "no hello in time" });
      expect((closed?.at ?? 0) - (challengedAt ?? 0)).toBeGreaterThan(HELLO_DEADLINE_MS - AT_ONCE_MS);
    }
  });
});

/** The agent's own tunnel, which notes what it is told to hold. */
function startTunnelOf(identity: AgentIdentity): {
  tunnel: Tunnel;
  held: string[];
  errors: string[];
  stop: () => Promise<void>;
} {
  const ending = new AbortController();
  const held: string[] = [];
  const errors: string[] = [];
  const tunnel = startTunnel({
    managerUrl: new URL(url),
    clusterId: identity.clusterId,
    clusterUid: identity.clusterUid,
    key: () => ({ publicKey: identity.publicKey, privateKey: identity.key }),
    cursor: () => undefined,
    observed: () => ({ capabilities: { components: {}, flags: {} } }),
    consumers: [{ onFrame: (frame) => void (frame.t === "desired" && held.push(frame.key)) }],
    log: createLogger({ level: "error", write: (line) => void errors.push(line), now: Date.now }),
    metrics: createMetrics(),
    clock: systemClock,
    random: plan.random("tunnel"),
    signal: ending.signal,
  });
  const stop = async (): Promise<void> => {
    ending.abort(new Error("the test is over"));
    await tunnel.stopped;
  };
  return { tunnel, held, errors, stop };
}

/** A session whose agent then hears nothing and says nothing: its network was cut, and nobody told the edge. */
async function openVanished(identity: AgentIdentity): Promise<WebSocket> {
  const { clusterId } = identity;
  const socket = dial({ managerUrl: new URL(url), clusterId }, () => {});
  await new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString().replace(PONG, "{}")) as EdgeFrame;
      if (frame.t === "challenge")
        socket.send(JSON.stringify(helloOf(identity, new URL(url).host, frame, undefined)));
      if (frame.t === "welcome") resolve();
    });
  });
  socket.pause();
  return socket;
}

describe("two agents with one key", () => {
  it("are told of as an event; an agent that comes back while its old session seems alive is not", async () => {
    const identity = await enrolCluster(api, url, "taken");
    const vanished = await openVanished(identity);
    const back = startTunnelOf(identity);
    await until("it is back", () => back.tunnel.status().state === "connected");
    const { session } = back.tunnel.status();
    const other = startTunnelOf(identity);
    const path = `/api/v1/events?type=evt.cluster.session-replaced&subject=cluster/${identity.clusterId}`;
    const told = async () => (await api.get<{ items: { data: object }[] }>(path)).body.items;
    const events = await until("it is told of", async () => {
      const items = await told();
      return items.length > 0 && items;
    });
    expect(events).toMatchObject([{ data: { session: 3, replacedSession: session, count: 1 } }]);
    vanished.terminate();
    await Promise.all([back.stop(), other.stop()]);
    expect(await told()).toEqual(events);
  });

  it("do not take turns: the newer session stays, the older is told, stops, and is given nothing any more", async () => {
    const identity = await enrolCluster(api, url, "twins");
    const isConnected =
      ({ tunnel }: { tunnel: Tunnel }) =>
      () =>
        tunnel.status().state === "connected";
    const first = startTunnelOf(identity);
    await until("the first is connected", isConnected(first));
    const second = startTunnelOf(identity);
    await until("the second is connected", isConnected(second));
    await first.tunnel.stopped;
    expect(first.tunnel.status()).toMatchObject({ state: "fenced" });
    expect(first.errors.join("")).toContain("another agent uses this cluster's identity");
    const { session } = second.tunnel.status();
    const before = first.held.length;
    await api.put("/api/v1/tenants/acme", {});
    await api.put("/api/v1/tenants/acme/projects/shop", {});
    const environment = "/api/v1/tenants/acme/projects/shop/environments/staging";
    await api.put(environment, { placement: { cluster: "twins" } });
    await until("the second holds the project", () => second.held.some((key) => key.startsWith("project/")));
    expect(first.held.length).toBe(before);
    // Whoever dials again after a loss does so within the first five seconds.
    const quietUntil = performance.now() + RECONNECT_FIRST_MS;
    await until("the first's next dial would have come", () => performance.now() > quietUntil);
    expect(second.tunnel.status()).toMatchObject({ state: "connected", session });
    await Promise.all([first.stop(), second.stop()]);
  });
});
