import { type DataFrame, encodeData } from "../../protocol/tunnel/data.ts";
import type { AgentFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES, STREAM_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";

/** What a stream needs of its agent. */
export interface StreamHost {
  send(frame: AgentFrame): void;
  sendData(bytes: Uint8Array): void;
  readonly streams: Map<number, unknown>;
}

/** The agent's end of one stream of a simulated agent. */
export class SimulatedStream {
  readonly open: FrameOf<"open">;
  /** How it ended: by the edge's cancel, by its end, or with the socket. */
  over: "cancelled" | "ended" | "lost" | undefined;
  /** Bytes sent to the edge, and taken from it. */
  sent = 0;
  taken = 0;
  onData: (frame: DataFrame) => void = () => {};
  readonly #agent: StreamHost;
  #credit: number;
  #granted = STREAM_WINDOW_BYTES;
  #wake: () => void = () => {};
  #finished = Promise.withResolvers<void>();

  constructor(agent: StreamHost, open: FrameOf<"open">) {
    this.#agent = agent;
    this.open = open;
    this.#credit = open.credit;
  }

  /** Resolves when the edge says no more on it. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  head(status: number, headers: [string, string][] = [], websocket?: string): void {
    const chosen = websocket === undefined ? {} : { websocket };
    this.#agent.send({ t: "opened", s: this.open.s, status, headers, credit: this.#granted, ...chosen });
  }

  refuse(code: string, message: string): void {
    this.#agent.send({ t: "cancel", s: this.open.s, code, message });
    this.#agent.streams.delete(this.open.s);
  }

  /** Sends bytes as the credit allows. @returns false where the stream was over before they all went */
  async send(bytes: Uint8Array, message?: { text: boolean }): Promise<boolean> {
    for (let at = 0; at < bytes.byteLength; ) {
      const size = Math.min(bytes.byteLength - at, MAX_DATA_BYTES, this.#credit - this.sent);
      if (this.over === "cancelled" || this.over === "lost") return false;
      if (size <= 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const last = at + size === bytes.byteLength;
      this.#agent.sendData(
        encodeData({
          stream: this.open.s,
          offset: this.sent,
          messageEnd: last && message !== undefined,
          text: message?.text ?? false,
          payload: bytes.subarray(at, at + size),
        }),
      );
      this.sent += size;
      at += size;
    }
    return true;
  }

  end(close: { closeCode?: number; closeReason?: string } = {}): void {
    this.#agent.send({ t: "end", s: this.open.s, at: this.sent, ...close });
  }

  credit(upTo: number): void {
    this.#credit = Math.max(this.#credit, upTo);
    this.#wake();
  }

  received(frame: DataFrame): void {
    this.taken += frame.payload.byteLength;
    this.onData(frame);
    if (this.taken + STREAM_WINDOW_BYTES - this.#granted < STREAM_WINDOW_BYTES / 2) return;
    this.#granted = this.taken + STREAM_WINDOW_BYTES;
    this.#agent.send({ t: "credit", s: this.open.s, upTo: this.#granted });
  }

  theirs(frame: FrameOf<"end"> | FrameOf<"cancel">): void {
    this.#stop(frame.t === "cancel" ? "cancelled" : "ended");
    if (frame.t === "cancel") this.#agent.streams.delete(this.open.s);
  }

  lost(): void {
    this.#stop("lost");
  }

  #stop(how: "cancelled" | "ended" | "lost"): void {
    this.over = how;
    this.#wake();
    this.#finished.resolve();
  }
}
