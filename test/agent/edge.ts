import http from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { digestOf } from "../../domain/canonical/index.ts";
import type { CustomResource } from "../../domain/desired/index.ts";
import { fromBase64Url, proofMessage, verifyEd25519 } from "../../protocol/tunnel/auth.ts";
import { agentFrameDecoder, encodeFrame } from "../../protocol/tunnel/codec.ts";
import { type DataFrame, decodeData, encodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE, KEY_HEADER, PING, PONG, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import { type SnapshotLine, snapshotDigest } from "../../protocol/tunnel/snapshot.ts";
import { until } from "../lib/until.ts";

export interface EdgeDocument {
  key: string;
  revision: number;
  resource?: CustomResource;
}

type Held = EdgeDocument & { seq: number };
type Status = FrameOf<"status">["items"][number];

/**
 * The edge's side of the tunnel on real sockets, for tests of the agent: it does what protocol/tunnel says, and, asked to,
 * what it forbids. One cluster; the newest session wins.
 */
export class TestEdge {
  clusterId = "cls_01J00000000000000000000000";
  epoch = 1;
  epochId = "epoch-1";
  seq = 0;
  session = 0;
  /** Join tokens that `POST /api/v1/enrol` takes. */
  tokens = new Set<string>();
  keys = new Set<string>();
  documents = new Map<string, Held>();
  /** The key that each dial named, before its hello. */
  namedKeys: unknown[] = [];
  hellos: FrameOf<"hello">[] = [];
  acks: FrameOf<"ack">[] = [];
  /** Newest status of each key. */
  statuses = new Map<string, Status>();
  reports: FrameOf<"status">[] = [];
  frames: AgentFrame[] = [];
  data: DataFrame[] = [];
  pings = 0;
  /** Instead of what the protocol says after a hello. */
  afterHello:
    | ((edge: TestEdge, socket: WebSocket, hello: FrameOf<"hello">) => void | Promise<void>)
    | undefined;
  /** Instead of a challenge on accept. */
  onAccept: ((socket: WebSocket) => void) | undefined;
  answersPings = true;
  acksStatuses = true;
  /** Answer the upgrade, or the enrolment, with this HTTP status. */
  refuseUpgrade = 0;
  refuseEnrol = 0;
  /** `Date` of a refused upgrade. */
  date = "Sat, 21 Nov 2026 12:00:00 GMT";
  socket: WebSocket | undefined;
  /** Also when it has stopped. */
  port = 0;
  readonly #server: http.Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });
  #chunk = 0;

  private constructor(server: http.Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<TestEdge> {
    const server = http.createServer();
    const edge = new TestEdge(server);
    server.on("request", (request, response) => void edge.#http(request, response));
    server.on("upgrade", (request, socket, head) => {
      edge.namedKeys.push(request.headers[KEY_HEADER]);
      if (edge.refuseUpgrade)
        return socket.end(
          `HTTP/1.1 ${edge.refuseUpgrade} No\r\ndate: ${edge.date}\r\ncontent-length: 0\r\n\r\n`,
        );
      edge.#sockets.handleUpgrade(request, socket, head, (ws) => edge.#accept(ws));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    edge.port = (server.address() as AddressInfo).port;
    return edge;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}`);
  }

  /** Newest document of a key; pushed where an agent is connected. A document without a resource is a tombstone. */
  async put(document: EdgeDocument): Promise<void> {
    this.seq += 1;
    const held = { ...document, seq: this.seq };
    this.documents.set(document.key, held);
    if (this.socket) this.send(this.socket, await desiredFrame(held));
  }

  send(socket: WebSocket, frame: EdgeFrame): void {
    for (const message of encodeFrame(frame, () => ++this.#chunk)) socket.send(message);
  }

  sendData(frame: DataFrame): void {
    this.socket?.send(encodeData(frame));
  }

  welcome(socket: WebSocket, mode: "resume" | "snapshot"): void {
    this.session += 1;
    this.socket = socket;
    const { session, epoch, epochId, seq, clusterId } = this;
    const cluster = { clusterId, clusterName: "test", clusterMode: "manage" as const };
    this.send(socket, { t: "welcome", version: 1, session, epoch, epochId, seq, mode, ...cluster });
  }

  /** Sends the whole set; `break` does it wrong. */
  async sendSnapshot(
    socket: WebSocket,
    options: { without?: string[]; stopAfter?: number; wrongDigest?: boolean; epochId?: string } = {},
  ): Promise<void> {
    const { seq } = this;
    const epochId = options.epochId ?? this.epochId;
    const snapshot = `snap-${this.session}-${this.hellos.length}`;
    const held = [...this.documents.values()]
      .filter(({ resource, key }) => resource && !options.without?.includes(key))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    this.send(socket, { t: "snapshot-begin", snapshot, epochId, seq, count: held.length });
    const lines: SnapshotLine[] = [];
    for (const document of held.slice(0, options.stopAfter ?? held.length)) {
      const frame = await desiredFrame(document);
      lines.push({ key: frame.key, revision: frame.revision, digest: frame.digest ?? "" });
      this.send(socket, { ...frame, snapshot });
    }
    if (options.stopAfter !== undefined) return;
    const digest = options.wrongDigest ? `sha256:${"0".repeat(64)}` : await snapshotDigest(lines);
    this.send(socket, { t: "snapshot-end", snapshot, epochId, seq, count: lines.length, digest });
  }

  async acked(seq: number): Promise<void> {
    await until(`ack of ${seq}`, () =>
      this.acks.some((ack) => ack.seq >= seq && ack.epochId === this.epochId),
    );
  }

  async phase(key: string, phase: string): Promise<Status> {
    await until(`${key} is ${phase}`, () => this.statuses.get(key)?.phase === phase);
    return this.statuses.get(key) as Status;
  }

  async connected(sessions = 1): Promise<void> {
    await until("an agent is connected", () => this.session >= sessions && this.socket !== undefined);
  }

  cut(): void {
    this.socket?.terminate();
    this.socket = undefined;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: WebSocket): void {
    const decoder = agentFrameDecoder();
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
    socket.on("error", () => {});
    socket.on("message", (raw: Buffer, isBinary) => {
      if (isBinary) {
        const frame = decodeData(raw);
        if (frame) this.data.push(frame);
        return;
      }
      const text = raw.toString("utf8");
      if (text === PING) {
        this.pings += 1;
        if (this.answersPings) socket.send(PONG);
        return;
      }
      const frame = decoder.push(text);
      if (frame) void this.#frame(socket, frame, nonce);
    });
    if (this.onAccept) this.onAccept(socket);
    else this.send(socket, { t: "challenge", versions: [1], nonce, epochId: this.epochId });
  }

  async #frame(socket: WebSocket, frame: AgentFrame, nonce: string): Promise<void> {
    if (frame.t === "hello") return this.#hello(socket, frame, nonce);
    this.frames.push(frame);
    if (frame.t === "ack") this.acks.push(frame);
    if (frame.t !== "status") return;
    this.reports.push(frame);
    for (const item of frame.items) this.statuses.set(item.key, item);
    if (this.acksStatuses) this.send(socket, { t: "status-ack", n: frame.n });
  }

  async #hello(socket: WebSocket, hello: FrameOf<"hello">, nonce: string): Promise<void> {
    this.hellos.push(hello);
    const { publicKey, signature, host, clusterUid } = hello;
    const proof = { clusterId: this.clusterId, nonce, host, epochId: this.epochId, clusterUid };
    const holds = await verifyEd25519(publicKey, signature, proofMessage(proof));
    const known = this.keys.size === 0 || this.keys.has(publicKey);
    if (!holds || !known || host !== `127.0.0.1:${this.port}`)
      return socket.close(CLOSE.unauthorized, "no proof");
    if (this.afterHello) return this.afterHello(this, socket, hello);
    await this.follow(socket, hello);
  }

  /** What the protocol says after a hello. */
  async follow(socket: WebSocket, { cursor }: FrameOf<"hello">): Promise<void> {
    if (this.socket && this.socket !== socket) this.socket.close(CLOSE.fenced, "a newer session");
    const resume = cursor?.epochId === this.epochId && cursor.seq <= this.seq;
    this.welcome(socket, resume ? "resume" : "snapshot");
    if (!resume) return this.sendSnapshot(socket);
    const newer = [...this.documents.values()].filter(({ seq }) => seq > cursor.seq);
    for (const document of newer.sort((a, b) => a.seq - b.seq))
      this.send(socket, await desiredFrame(document));
  }

  async #http(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url !== "/api/v1/enrol") return void answer(404, {});
    if (this.refuseEnrol) return void answer(this.refuseEnrol, { error: { code: "KN-1100", message: "no" } });
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { token: string; publicKey: string };
    if (!this.tokens.has(body.token) || fromBase64Url(body.publicKey).byteLength !== 32) {
      return void answer(401, { error: { code: "KN-1100", message: "the join token is not valid" } });
    }
    this.keys.add(body.publicKey);
    const { clusterId } = this;
    const path = `/tunnel/v1/clusters/${clusterId}`;
    answer(201, { clusterId, clusterName: "test", clusterMode: "manage", tunnelPath: path });
  }
}

export async function desiredFrame(document: Held): Promise<FrameOf<"desired">> {
  const { key, revision, seq, resource } = document;
  const head = { t: "desired" as const, seq, key, revision, correlationId: `cor-${seq}` };
  if (!resource) return { ...head, op: "tombstone" };
  const body = resource as unknown as Record<string, unknown>;
  return { ...head, op: "upsert", digest: await digestOf(resource), resource: body };
}
