import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { TestEdge } from "../../test/agent/edge.ts";
import { connectStreams } from "../../test/agent/streams.ts";
import { until } from "../../test/lib/until.ts";
import { type Kube, KubeError, type LiveObject } from "../kube/index.ts";
import type { Open } from "./types.ts";

let edge: TestEdge;
let upstream: http.Server;
let nextStream = 0;
const stop = new AbortController();
const seen = { closed: 0, open: 0 };

const service = (name: string, spec: object): LiveObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", uid: "u", resourceVersion: "1" },
  spec,
});
/** The Services that this cluster has: the real server is not needed to say so. */
const services = (): LiveObject[] => {
  const ports = [{ name: "http", port: (upstream.address() as AddressInfo).port }];
  return [
    service("web", { type: "ClusterIP", clusterIP: "127.0.0.1", ports }),
    service("outside", { type: "ExternalName", externalName: "example.com", ports }),
    service("headless", { clusterIP: "None", ports }),
    service("dead", { clusterIP: "127.0.0.1", ports: [{ port: 1 }] }),
  ];
};
const kube = {
  get: async ({ name }: { name: string }) => {
    const found = services().find(({ metadata }) => metadata.name === name);
    if (!found) throw new KubeError("not found", { kind: "notFound", status: 404, reason: "NotFound" });
    return found;
  },
} as unknown as Kube;

beforeAll(async () => {
  upstream = http.createServer((request, response) => {
    if (request.url === "/hang") {
      seen.open += 1;
      response.write("first");
      response.on("close", () => {
        seen.closed += 1;
      });
      return;
    }
    if (request.url === "/never") return;
    if (request.url === "/odd") return void response.writeHead(999).end();
    if (request.url === "/large") return void response.end(Buffer.alloc(3_000_000, 7));
    response.setHeader("x-host", request.headers.host ?? "");
    response.setHeader("connection", "x-secret-hop");
    response.setHeader("x-secret-hop", "1");
    response.writeHead(201);
    request.pipe(response);
  });
  const sockets = new WebSocketServer({ server: upstream, path: "/ws" });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("close", () => {
      seen.closed += 1;
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  edge = await TestEdge.start();
  await connectStreams({ edge, kube, signal: stop.signal, closedNamespaces: ["kube-system"] });
});
afterAll(async () => {
  stop.abort(new Error("done"));
  await edge.stop();
  upstream.closeAllConnections();
  upstream.close();
});

type Target = Extract<Open["target"], { kind: "service" }>;
const open = (target: Partial<Target>, options: Partial<Open> = {}): number => {
  nextStream += 1;
  const whole: Target = {
    kind: "service",
    namespace: "shop",
    name: "web",
    port: "http",
    scheme: "http",
    method: "GET",
    path: "/",
    headers: [],
    ...target,
  };
  const frame = {
    t: "open" as const,
    s: nextStream,
    deadlineMs: 5_000,
    correlationId: "c",
    credit: 1_000_000,
  };
  if (edge.socket) edge.send(edge.socket, { ...frame, ...options, target: whole });
  return nextStream;
};
const frames = (s: number) => edge.frames.flatMap((frame) => ("s" in frame && frame.s === s ? [frame] : []));
const frameOf = async <T extends string>(s: number, t: T) => {
  await until(`${t} of ${s}`, () => frames(s).some((frame) => frame.t === t));
  return frames(s).find((frame) => frame.t === t) as Extract<ReturnType<typeof frames>[number], { t: T }>;
};
const bytes = (s: number) =>
  Buffer.concat(edge.data.filter(({ stream }) => stream === s).map(({ payload }) => payload));
const send = (s: number, offset: number, text: string, more: { messageEnd?: boolean; text?: boolean } = {}) =>
  edge.sendData({ stream: s, offset, payload: Buffer.from(text), messageEnd: false, text: false, ...more });
const end = (s: number, at: number) => edge.socket && edge.send(edge.socket, { t: "end", s, at });

describe("a request to a service", () => {
  it("carries method, body and answer; headers of one connection alone stay there", async () => {
    const s = open({ method: "POST", path: "/echo?x=1" });
    send(s, 0, "hello ");
    send(s, 6, "world");
    end(s, 11);
    const head = await frameOf(s, "opened");
    expect(head.status).toBe(201);
    const names = head.headers.map(([name]) => name.toLowerCase());
    expect(names).toContain("x-host");
    expect(names).not.toContain("x-secret-hop");
    expect(head.headers.find(([name]) => name === "x-host")?.[1]).toMatch(/^web\.shop\.svc/);
    expect((await frameOf(s, "end")).at).toBe(11);
    expect(bytes(s).toString()).toBe("hello world");
  });

  it("a slow reader gets what its credit allows, and holds up no other", async () => {
    const slow = open({ path: "/large" }, { credit: 10_000 });
    await frameOf(slow, "opened");
    const fast = open({ path: "/large" }, { credit: 4_000_000 });
    expect((await frameOf(fast, "end")).at).toBe(3_000_000);
    expect(bytes(slow).byteLength).toBe(10_000);
    if (edge.socket) edge.send(edge.socket, { t: "credit", s: slow, upTo: 4_000_000 });
    expect((await frameOf(slow, "end")).at).toBe(3_000_000);
  });

  it("256 at once are all answered", async () => {
    const all = Array.from({ length: 256 }, () => open({ path: "/echo" }));
    for (const s of all) await frameOf(s, "end");
  });

  it("that the client gives up frees the service at once", async () => {
    const s = open({ path: "/hang" });
    await until("the service answers", () => bytes(s).toString() === "first");
    const before = seen.closed;
    if (edge.socket) edge.send(edge.socket, { t: "cancel", s, code: "client-gone", message: "gone" });
    await until("the service's connection is closed", () => seen.closed === before + 1);
  });

  it("without an answer in time ends with a clear error", async () => {
    const s = open({ path: "/never" }, { deadlineMs: 50 });
    expect(await frameOf(s, "cancel")).toMatchObject({ code: "KN-1501" });
  });

  it("whose answer has a status that HTTP does not know ends alone, with a clear error", async () => {
    const s = open({ path: "/odd" });
    const { code, message } = await frameOf(s, "cancel");
    expect({ code, message }).toEqual({ code: "KN-1502", message: "the service answered with status 999" });
    expect(edge.session).toBe(1);
  });
});

describe("a WebSocket to a service", () => {
  it("keeps messages and their kinds both ways, and its close code", async () => {
    const s = open({ path: "/ws", websocket: [] });
    expect((await frameOf(s, "opened")).status).toBe(101);
    send(s, 0, "to", { text: true });
    send(s, 2, "gether", { text: true, messageEnd: true });
    send(s, 8, "bytes", { messageEnd: true });
    await until("both came back", () => bytes(s).byteLength === 13);
    const [first, second] = edge.data.filter(({ stream }) => stream === s);
    expect(first).toMatchObject({ text: true, messageEnd: true });
    expect(second).toMatchObject({ text: false, messageEnd: true });
    if (edge.socket) edge.send(edge.socket, { t: "end", s, at: 13, closeCode: 4001, closeReason: "bye" });
    expect(await frameOf(s, "end")).toMatchObject({ closeCode: 4001 });
  });

  it("that the service does not speak gets the service's own answer", async () => {
    const s = open({ path: "/echo", websocket: ["v1"] });
    expect((await frameOf(s, "opened")).status).not.toBe(101);
  });
});

describe("what may not be reached", () => {
  it.each([
    ["a service that is not there", { name: "nobody" }, /no service shop\/nobody/],
    ["one that points outside", { name: "outside" }, /outside of the cluster/],
    ["one without an address", { name: "headless" }, /headless/],
    ["a port that it does not name", { port: "22" }, /no TCP port 22/],
    ["a closed namespace", { namespace: "kube-system" }, /closed to the tunnel/],
    ["a name that is a path", { name: "../../x" }, /not the name of an object/],
    ["a path that climbs", { path: "/a/%2e%2e/b" }, /dot segments/],
    ["a service that does not listen", { name: "dead", port: "1" }, /does not listen/],
  ])("%s", async (_name, target, reason) => {
    expect((await frameOf(open(target), "cancel")).message).toMatch(reason);
  });
});
