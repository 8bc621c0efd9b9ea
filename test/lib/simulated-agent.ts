import { readFileSync } from "node:fs";
import type WebSocket from "ws";
import { dial } from "../../agent/tunnel/dial.ts";
import { endingOfClose } from "../../agent/tunnel/ending.ts";
import {
  type Ending,
  initialReconnect,
  type ReconnectState,
  type Verdict,
} from "../../agent/tunnel/reconnect.ts";
import { edgeFrameDecoder, encodeFrame } from "../../protocol/tunnel/codec.ts";
import { decodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { PING, PING_INTERVAL_MS, PONG } from "../../protocol/tunnel/limits.ts";
import { SimulatedDocuments } from "./simulated-documents.ts";
import { type AgentIdentity, helloOf } from "./simulated-identity.ts";
import { SimulatedStream } from "./simulated-stream.ts";
import { until } from "./until.ts";

export interface SimulatedAgentOptions {
  manager: { url: string; caFile?: string };
  identity: AgentIdentity;
  /** When it dials again, and whether; after 200 ms where absent, so that a test sees the edge and no backoff. */
  redial?: (state: ReconnectState, ending: Ending, welcomed: boolean, random: number) => Verdict;
  onWelcome?: (welcome: FrameOf<"welcome">) => void;
  /** Called with each desired frame, as soon as it is there. */
  onDesired?: (frame: FrameOf<"desired">) => void;
  /** Serves streams; without it each is refused. */
  onOpen?: (stream: SimulatedStream) => void;
}

const soon = (state: ReconnectState): Verdict => ({ kind: "wait", ms: 200, state });

/**
 * An agent as the edge sees it, without a cluster: it dials as the real one does, speaks the protocol of docs/tunnel.md,
 * keeps what it is told in memory, and acks at once. A thousand of them fit one process.
 */
export class SimulatedAgent {
  readonly documents = new SimulatedDocuments();
  readonly streams = new Map<number, SimulatedStream>();
  /** Of the session that is open. */
  welcome: FrameOf<"welcome"> | undefined;
  /** How each connection ended, in order. */
  readonly endings: Ending[] = [];
  /** Pings that were answered. */
  pongs = 0;
  readonly #options: SimulatedAgentOptions;
  #socket: WebSocket | undefined;
  #reconnect = initialReconnect;
  #redial: NodeJS.Timeout | undefined;
  #stopped = false;
  #statusNumber = 0;
  #chunkId = 0;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    this.#dial();
  }

  /** Resolves with the session's welcome. */
  connected(deadlineMs = 30_000): Promise<FrameOf<"welcome">> {
    return until("the agent is welcome", () => this.welcome, { deadlineMs });
  }

  /** Goes for good, without a word. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#redial);
    this.#socket?.terminate();
  }

  /** Its socket breaks; it dials again. */
  cut(): void {
    this.#socket?.terminate();
  }

  send(frame: AgentFrame): void {
    for (const message of encodeFrame(frame, () => ++this.#chunkId)) this.#socket?.send(message);
  }

  sendData(bytes: Uint8Array): void {
    this.#socket?.send(bytes);
  }

  status(items: FrameOf<"status">["items"]): void {
    const epochId = this.documents.cursor?.epochId ?? "";
    this.send({ t: "status", n: ++this.#statusNumber, epochId, items });
  }

  #dial(): void {
    const { manager, identity } = this.#options;
    const { clusterId } = identity;
    const ca = manager.caFile ? { ca: [readFileSync(manager.caFile, "utf8")] } : {};
    let refusal: Ending | undefined;
    const socket = dial({ managerUrl: new URL(manager.url), clusterId, ...ca }, (ending) => {
      refusal = ending;
    });
    this.#socket = socket;
    const decoder = edgeFrameDecoder();
    const pings = setInterval(() => socket.readyState === socket.OPEN && socket.send(PING), PING_INTERVAL_MS);
    socket.on("message", (data: Buffer, binary) => {
      if (binary) return this.#data(data);
      const text = data.toString();
      if (text === PONG) this.pongs += 1;
      const frame = text.startsWith("{") ? decoder.push(text) : undefined;
      if (frame) this.#take(frame);
    });
    let failure = "";
    socket.on("error", ({ message }) => {
      failure = message;
    });
    socket.on("close", (code, reason) => {
      clearInterval(pings);
      this.#closed(refusal ?? endingOfClose(code, reason.toString() || failure));
    });
  }

  #closed(ending: Ending): void {
    this.endings.push(ending);
    const welcomed = this.welcome !== undefined;
    this.welcome = undefined;
    for (const stream of this.streams.values()) stream.lost();
    this.streams.clear();
    if (this.#stopped) return;
    const verdict = (this.#options.redial ?? soon)(this.#reconnect, ending, welcomed, Math.random());
    this.#reconnect = verdict.state;
    if (verdict.kind === "wait") this.#redial = setTimeout(() => this.#dial(), verdict.ms);
  }

  #take(frame: EdgeFrame): void {
    const { identity, manager, onWelcome, onDesired } = this.#options;
    if (frame.t === "challenge") {
      this.send(helloOf(identity, new URL(manager.url).host, frame, this.documents.cursor));
    } else if (frame.t === "welcome") {
      this.welcome = frame;
      onWelcome?.(frame);
    } else if (frame.t === "open") this.#open(frame);
    else if (frame.t === "credit") this.streams.get(frame.s)?.credit(frame.upTo);
    else if (frame.t === "end" || frame.t === "cancel") this.streams.get(frame.s)?.theirs(frame);
    if (frame.t === "desired") onDesired?.(frame);
    const ack = this.documents.take(frame);
    if (ack) this.send(ack);
  }

  #open(open: FrameOf<"open">): void {
    const stream = new SimulatedStream(this, open);
    this.streams.set(open.s, stream);
    if (this.#options.onOpen) this.#options.onOpen(stream);
    else stream.refuse("KN-1502", "this agent serves nothing");
  }

  #data(bytes: Uint8Array): void {
    const frame = decodeData(bytes);
    if (frame) this.streams.get(frame.stream)?.received(frame);
  }
}
