import { randomUUID, type webcrypto } from "node:crypto";
import WebSocket from "ws";
import { enrolMessage, proofMessage, toBase64Url } from "../../protocol/tunnel/auth.ts";
import { edgeFrameDecoder, encodeFrame } from "../../protocol/tunnel/codec.ts";
import { type EnrolResponse, tunnelPath } from "../../protocol/tunnel/enrol.ts";
import type { AgentFrame, DesiredFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { PING, PING_INTERVAL_MS, SUBPROTOCOL } from "../../protocol/tunnel/limits.ts";

/** What an agent needs to prove itself. */
export interface AgentIdentity {
  clusterId: string;
  clusterUid: string;
  publicKey: string;
  key: webcrypto.CryptoKey;
}

const sign = async (key: webcrypto.CryptoKey, message: Uint8Array<ArrayBuffer>): Promise<string> =>
  toBase64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", key, message)));

/** Enrols a new key with a join token, as an agent does at its first start. */
export async function enrolAgent(managerUrl: string, token: string): Promise<AgentIdentity> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const publicKey = toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const clusterUid = randomUUID();
  const host = new URL(managerUrl).host;
  const tokenId = token.slice(0, token.indexOf("."));
  const signature = await sign(pair.privateKey, enrolMessage({ tokenId, publicKey, clusterUid, host }));
  const response = await fetch(`${managerUrl}/api/v1/enrol`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, publicKey, signature, host, clusterUid, agentVersion: "0.0.0-test" }),
  });
  if (!response.ok) throw new Error(`enrol answered ${response.status}: ${await response.text()}`);
  const { clusterId } = (await response.json()) as EnrolResponse;
  return { clusterId, clusterUid, publicKey, key: pair.privateKey };
}

/** What a cluster holds for one key. */
export interface HeldDocument {
  revision: number;
  op: "upsert" | "tombstone";
  digest: string | undefined;
  resource: Record<string, unknown> | undefined;
}

export interface SimulatedAgentOptions {
  /** Milliseconds until it dials again, where `failures` dials in a row brought no session; 200 where absent. */
  redialMs?: (failures: number) => number;
  onWelcome?: () => void;
  onDesired?: (key: string, revision: number) => void;
}

/**
 * An agent without a cluster: it keeps what it is told in memory and acks at once. It dials anew whenever the socket
 * closes, with no more than a short wait, so that a test sees what the edge does and not what a backoff hides.
 */
export class SimulatedAgent {
  readonly held = new Map<string, HeldDocument>();
  /** Every desired frame that came, in order. */
  readonly received: { key: string; revision: number; digest: string | undefined }[] = [];
  /** Snapshot or resume, once welcome came; undefined while not connected. */
  mode: "resume" | "snapshot" | undefined;
  private readonly url: string;
  private readonly identity: AgentIdentity;
  private cursor: { epochId: string; seq: number } | undefined;
  private socket: WebSocket | undefined;
  private stopped = false;
  private stored = 0;
  private failures = 0;
  private readonly options: SimulatedAgentOptions;

  constructor(managerUrl: string, identity: AgentIdentity, options: SimulatedAgentOptions = {}) {
    this.url = managerUrl;
    this.identity = identity;
    this.options = options;
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    this.socket?.terminate();
  }

  private dial(): void {
    if (this.stopped) return;
    const url = `${this.url.replace(/^http/, "ws")}${tunnelPath(this.identity.clusterId)}`;
    const socket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false, handshakeTimeout: 15_000 });
    this.socket = socket;
    const decoder = edgeFrameDecoder();
    const pings = setInterval(
      () => socket.readyState === WebSocket.OPEN && socket.send(PING),
      PING_INTERVAL_MS,
    );
    let work = Promise.resolve();
    socket.on("message", (data, binary) => {
      const text = String(data);
      if (binary || !text.startsWith("{")) return;
      const frame = decoder.push(text);
      if (frame) work = work.then(() => this.take(frame, socket)).catch(() => socket.terminate());
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(pings);
      this.mode = undefined;
      if (!this.stopped) setTimeout(() => this.dial(), this.options.redialMs?.(this.failures++) ?? 200);
    });
  }

  private async take(frame: EdgeFrame, socket: WebSocket): Promise<void> {
    const send = (answer: AgentFrame): void => {
      for (const text of encodeFrame(answer, () => 1)) socket.send(text);
    };
    switch (frame.t) {
      case "challenge":
        return send(await this.hello(frame));
      case "welcome":
        this.mode = frame.mode;
        this.failures = 0;
        this.options.onWelcome?.();
        this.cursor = { epochId: frame.epochId, seq: frame.mode === "resume" ? (this.cursor?.seq ?? 0) : 0 };
        return;
      case "desired":
        this.hold(frame);
        if (frame.snapshot !== undefined) return this.ackSnapshot(frame.snapshot, send);
        this.cursor = { epochId: this.cursor?.epochId ?? "", seq: frame.seq };
        return send({ t: "ack", ...this.cursor });
      case "snapshot-begin":
        this.stored = 0;
        return;
      case "snapshot-end":
        this.cursor = { epochId: frame.epochId, seq: frame.seq };
        return send({ t: "ack", ...this.cursor });
    }
  }

  /** Lets the edge send on while a large snapshot comes in. */
  private ackSnapshot(id: string, send: (answer: AgentFrame) => void): void {
    this.stored++;
    if (this.stored % 100 !== 0) return;
    send({ t: "ack", epochId: this.cursor?.epochId ?? "", seq: 0, snapshot: { id, stored: this.stored } });
  }

  private hold(frame: DesiredFrame): void {
    const { key, revision, op, digest, resource } = frame;
    this.options.onDesired?.(key, revision);
    this.received.push({ key, revision, digest });
    this.held.set(key, { revision, op, digest, resource });
  }

  private async hello(challenge: FrameOf<"challenge">): Promise<FrameOf<"hello">> {
    const { clusterId, clusterUid, publicKey, key } = this.identity;
    const host = new URL(this.url).host;
    const { nonce, epochId } = challenge;
    return {
      t: "hello",
      versions: [1],
      agentVersion: "0.0.0-test",
      publicKey,
      signature: await sign(key, proofMessage({ clusterId, nonce, host, epochId, clusterUid })),
      host,
      clusterUid,
      ...(this.cursor ? { cursor: this.cursor } : {}),
      capabilities: { components: {}, flags: {} },
    };
  }
}
