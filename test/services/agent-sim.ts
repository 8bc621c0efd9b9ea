import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import { enrolMessage, proofMessage, toBase64Url } from "../../protocol/tunnel/auth.ts";
import { edgeFrameDecoder, encodeFrame, type FrameDecoder } from "../../protocol/tunnel/codec.ts";
import { type DataFrame, decodeData } from "../../protocol/tunnel/data.ts";
import { tunnelPath } from "../../protocol/tunnel/enrol.ts";
import type { AgentFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { PING, PING_INTERVAL_MS, PONG, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";
import type { ApiClient } from "../lib/api.ts";
import { SimStream } from "./agent-sim-stream.ts";

/**
 * An agent as the edge sees it, without a cluster: it speaks the protocol of docs/tunnel.md and holds what it is told in
 * memory. A thousand of them fit one process.
 */
export interface SimIdentity {
  clusterId: string;
  name: string;
  publicKey: string;
  /** PEM. */
  privateKey: string;
  kubeUid: string;
}

export interface SimOptions {
  manager: { url: string; caFile?: string };
  identity: SimIdentity;
  /** Called with each desired frame, as soon as it is there. */
  onDesired?: (frame: FrameOf<"desired">) => void;
  /** Serves streams; without it each is refused. */
  onOpen?: (stream: SimStream) => void;
  /** Acks what it is told; true where absent. */
  acks?: boolean;
  pings?: boolean;
}

/** Registers a cluster and enrols a fresh key in it. */
export async function enrolSim(
  api: ApiClient,
  manager: { url: string },
  name: string,
  more: Record<string, unknown> = {},
): Promise<SimIdentity> {
  const made = await api.post<{ id: string; joinToken: { token: string } }>("/api/v1/clusters", {
    name,
    ...more,
  });
  const { publicKey: raw, privateKey } = generateKeyPairSync("ed25519");
  const publicKey = String(raw.export({ format: "jwk" }).x);
  const { token } = made.body.joinToken;
  const { host } = new URL(manager.url);
  const clusterUid = randomUUID();
  const message = enrolMessage({ tokenId: token.split(".")[0] ?? "", publicKey, clusterUid, host });
  const signature = toBase64Url(sign(null, message, privateKey));
  await api.post("/api/v1/enrol", { token, publicKey, signature, host, clusterUid, agentVersion: "sim" });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return { clusterId: made.body.id, name, publicKey, privateKey: pem, kubeUid: clusterUid };
}

export class AgentSim {
  /** What it was told to hold: key → revision. */
  readonly held = new Map<string, number>();
  cursor: { epochId: string; seq: number } | undefined;
  welcome: FrameOf<"welcome"> | undefined;
  closed: { code: number; reason: string } | undefined;
  /** Pings that were answered. */
  pongs = 0;
  readonly streams = new Map<number, SimStream>();
  readonly #options: SimOptions;
  #socket: WebSocket | undefined;
  #decoder: FrameDecoder<EdgeFrame> = edgeFrameDecoder();
  #snapshot: Map<string, number> | undefined;
  #statusNumber = 0;
  #chunkId = 0;
  #pings: NodeJS.Timeout | undefined;

  constructor(options: SimOptions) {
    this.#options = options;
  }

  /** Dials, and resolves with the welcome. @throws with the close code where there is none */
  connect(): Promise<FrameOf<"welcome">> {
    const { manager, identity } = this.#options;
    const url = `${manager.url.replace(/^http/, "ws")}${tunnelPath(identity.clusterId)}`;
    const ca = manager.caFile ? { ca: readFileSync(manager.caFile) } : {};
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, ...ca });
    this.#socket = socket;
    this.#decoder = edgeFrameDecoder();
    this.closed = undefined;
    this.welcome = undefined;
    return new Promise((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", (code, reason) => {
        clearInterval(this.#pings);
        this.closed = { code, reason: reason.toString() };
        for (const stream of this.streams.values()) stream.lost();
        this.streams.clear();
        reject(new Error(`the tunnel was closed: ${code} ${reason.toString()}`));
      });
      socket.on("message", (data: Buffer, binary) => {
        if (binary) return this.#data(data);
        const text = data.toString();
        const frame = text.startsWith("{") ? this.#decoder.push(text) : undefined;
        if (text === PONG) this.pongs += 1;
        if (frame) this.#frame(frame);
        if (frame?.t === "welcome") resolve(frame);
      });
    });
  }

  send(frame: AgentFrame): void {
    for (const message of encodeFrame(frame, () => ++this.#chunkId)) this.#socket?.send(message);
  }

  sendData(bytes: Uint8Array): void {
    this.#socket?.send(bytes);
  }

  /** Bytes that wait to be sent. */
  get buffered(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  status(items: FrameOf<"status">["items"]): void {
    const epochId = this.cursor?.epochId ?? "";
    this.send({ t: "status", n: ++this.#statusNumber, epochId, items });
  }

  /** Only pings go for so long. @throws where the socket is closed before */
  async quiet(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end) {
      if (this.closed) throw new Error(`the tunnel was closed: ${this.closed.code} ${this.closed.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Closes as an agent that ends. */
  close(): void {
    this.#socket?.close(1000);
  }

  /** Goes without a word. */
  terminate(): void {
    this.#socket?.terminate();
  }

  #frame(frame: EdgeFrame): void {
    if (frame.t === "challenge") this.#hello(frame);
    else if (frame.t === "welcome") this.#welcomed(frame);
    else if (frame.t === "desired") this.#desired(frame);
    else if (frame.t === "snapshot-begin") this.#snapshot = new Map();
    else if (frame.t === "snapshot-end") this.#snapshotEnd(frame);
    else if (frame.t === "open") this.#open(frame);
    else if (frame.t === "credit") this.streams.get(frame.s)?.credit(frame.upTo);
    else if (frame.t === "end" || frame.t === "cancel") this.streams.get(frame.s)?.theirs(frame);
  }

  #hello({ nonce, epochId }: FrameOf<"challenge">): void {
    const { manager, identity } = this.#options;
    const { clusterId, publicKey, kubeUid } = identity;
    const { host } = new URL(manager.url);
    const message = proofMessage({ clusterId, nonce, host, epochId, clusterUid: kubeUid });
    this.send({
      t: "hello",
      versions: [1],
      agentVersion: "sim",
      publicKey,
      signature: toBase64Url(sign(null, message, createPrivateKey(identity.privateKey))),
      host,
      clusterUid: kubeUid,
      ...(this.cursor ? { cursor: this.cursor } : {}),
      capabilities: { components: { agent: { version: "sim", ready: true } }, flags: {} },
    });
  }

  #welcomed(welcome: FrameOf<"welcome">): void {
    this.welcome = welcome;
    if (this.cursor?.epochId !== welcome.epochId) this.cursor = { epochId: welcome.epochId, seq: 0 };
    if (this.#options.pings === false) return;
    this.#pings = setInterval(() => this.#socket?.send(PING), PING_INTERVAL_MS);
  }

  #desired(frame: FrameOf<"desired">): void {
    this.#options.onDesired?.(frame);
    if (frame.snapshot !== undefined) {
      this.#snapshot?.set(frame.key, frame.revision);
      const snapshot = { id: frame.snapshot, stored: this.#snapshot?.size ?? 0 };
      if (snapshot.stored % 50 === 0) this.#ack(snapshot);
      return;
    }
    if (frame.op === "tombstone") this.held.delete(frame.key);
    else this.held.set(frame.key, frame.revision);
    if (this.cursor) this.cursor.seq = frame.seq;
    this.#ack();
  }

  #snapshotEnd(frame: FrameOf<"snapshot-end">): void {
    this.held.clear();
    for (const [key, revision] of this.#snapshot ?? []) this.held.set(key, revision);
    this.#snapshot = undefined;
    this.cursor = { epochId: frame.epochId, seq: frame.seq };
    this.#ack();
  }

  #ack(snapshot?: { id: string; stored: number }): void {
    if (this.#options.acks === false || !this.cursor) return;
    this.send({ t: "ack", ...this.cursor, ...(snapshot ? { snapshot } : {}) });
  }

  #open(open: FrameOf<"open">): void {
    const stream = new SimStream(this, open);
    this.streams.set(open.s, stream);
    if (this.#options.onOpen) this.#options.onOpen(stream);
    else stream.refuse("KN-1502", "this agent serves nothing");
  }

  #data(bytes: Uint8Array): void {
    const frame: DataFrame | undefined = decodeData(bytes);
    if (frame) this.streams.get(frame.stream)?.received(frame);
  }
}
