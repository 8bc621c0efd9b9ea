import { newWindow, type Window } from "../../domain/cluster/credit.ts";
import type { KubeNovaError } from "../../domain/errors/index.ts";
import { encodeData } from "../../protocol/tunnel/data.ts";
import type { EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { MAX_DATA_BYTES, STREAM_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";
import type { StreamPool } from "./pool.ts";

/** The way to the session's agent. */
export interface Line {
  frame(frame: EdgeFrame): void;
  data(bytes: Uint8Array): void;
}

/** What the registry does with each kind of stream. */
export interface Stream {
  readonly id: number;
  readonly window: Window;
  opened(frame: FrameOf<"opened">): void;
  data(payload: Uint8Array, offset: number, messageEnd: boolean, text: boolean): void;
  credit(upTo: number): void;
  end(frame: FrameOf<"end">): void;
  /** It is over: the agent cancelled, its socket is lost, or it broke the rules. */
  fail(error: KubeNovaError): void;
}

/** Bytes towards the agent: cut to frames, and never beyond its credit and our share of memory. */
export class Upload {
  sent = 0;
  credit = STREAM_WINDOW_BYTES;
  readonly #id: number;
  readonly #line: Line;
  readonly #pool: StreamPool;

  constructor(id: number, line: Line, pool: StreamPool) {
    this.#id = id;
    this.#line = line;
    this.#pool = pool;
  }

  /** Sent, and not known to be taken: the agent's credit runs a window ahead of what it took. */
  #underWay = (): number => Math.max(0, this.sent - Math.max(0, this.credit - STREAM_WINDOW_BYTES));

  room(): number {
    const own = this.#underWay();
    return Math.max(0, Math.min(this.credit - this.sent, this.#pool.uploadLimit(own) - own));
  }

  /** Sends what there is room for. @returns how many bytes went */
  send(bytes: Uint8Array, message?: { last: boolean; text: boolean }): number {
    let at = 0;
    do {
      const size = Math.min(bytes.byteLength - at, this.room(), MAX_DATA_BYTES);
      if (size <= 0 && bytes.byteLength > 0) break;
      const payload = bytes.subarray(at, at + size);
      at += size;
      const messageEnd = message?.last === true && at === bytes.byteLength;
      const frame = {
        stream: this.#id,
        offset: this.sent,
        messageEnd,
        text: message?.text ?? false,
        payload,
      };
      this.#count(() => {
        this.sent += size;
      });
      this.#line.data(encodeData(frame));
    } while (at < bytes.byteLength);
    return at;
  }

  more(upTo: number): void {
    this.#count(() => {
      this.credit = Math.max(this.credit, upTo);
    });
  }

  /** Gives back what it held of the pool. */
  close(): void {
    this.#pool.uploading(-this.#underWay());
  }

  #count(change: () => void): void {
    const before = this.#underWay();
    change();
    this.#pool.uploading(this.#underWay() - before);
  }
}

/** Bytes from the agent, as the pool grants them. */
export class Download {
  readonly window: Window;
  readonly #id: number;
  readonly #line: Line;
  readonly #pool: StreamPool;

  constructor(id: number, line: Line, pool: StreamPool, window: Window = newWindow()) {
    this.window = window;
    this.#id = id;
    this.#line = line;
    this.#pool = pool;
    pool.join(window);
  }

  take(bytes: number): void {
    const upTo = this.#pool.consume(this.window, bytes);
    if (upTo !== undefined) this.#line.frame({ t: "credit", s: this.#id, upTo });
  }

  close(): void {
    this.#pool.leave(this.window);
  }
}
