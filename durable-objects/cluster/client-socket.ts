import type { Window } from "../../domain/cluster/credit.ts";
import { type Bucket, fullBucket, spend, waitMs } from "../../domain/cluster/pacing.ts";
import type { KubeNovaError } from "../../domain/errors/index.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import { type ClientAttachment, closeClient, joinParts } from "./client-attachment.ts";
import type { StreamPool } from "./pool.ts";
import { reasonOf } from "./sockets.ts";
import { Download, type Line, type Stream, Upload } from "./stream.ts";

/** A message is given to a WebSocket whole, so it is held until it is. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** What a client says faster than the service takes it. A WebSocket cannot be asked to wait. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface ClientParts {
  id: number;
  session: number;
  line: Line;
  pool: StreamPool;
  onOver: () => void;
  now: () => number;
}

/** A person's WebSocket to a service in the cluster. */
export class ClientSocket implements Stream {
  readonly id: number;
  silent = 0;
  readonly #parts: ClientParts;
  readonly #socket: WebSocket;
  readonly #down: Download;
  readonly #up: Upload;
  #bucket: Bucket;
  #partial: Uint8Array[] = [];
  #queue: { bytes: Uint8Array; text: boolean }[] = [];
  #held = 0;
  /** Bytes that the client was given, and the agent has not heard of yet. */
  #owed = 0;
  #over = false;

  constructor(parts: ClientParts, socket: WebSocket, known?: ClientAttachment) {
    this.id = parts.id;
    this.#parts = parts;
    this.#socket = socket;
    this.#down = new Download(parts.id, parts.line, parts.pool, known?.window);
    this.#up = new Upload(parts.id, parts.line, parts.pool);
    if (known) {
      this.#up.sent = known.up.sent;
      this.#up.credit = known.up.credit;
      this.silent = known.silent;
    }
    this.#bucket = known?.bucket ?? fullBucket(parts.now());
  }

  get window(): Window {
    return this.#down.window;
  }

  remember(): void {
    if (this.#over) return;
    const attachment: ClientAttachment = {
      kind: "client",
      stream: this.id,
      session: this.#parts.session,
      window: this.window,
      up: { sent: this.#up.sent, credit: this.#up.credit },
      held: this.#held,
      silent: this.silent,
      bucket: this.#bucket,
    };
    this.#socket.serializeAttachment(attachment);
  }

  opened(frame: FrameOf<"opened">): void {
    this.credit(frame.credit);
  }

  data(payload: Uint8Array, _offset: number, messageEnd: boolean, text: boolean): void {
    this.#partial.push(payload);
    this.#held += payload.byteLength;
    const bytes = this.#partial.reduce((sum, each) => sum + each.byteLength, 0);
    if (bytes > MAX_MESSAGE_BYTES) {
      this.#close(CLOSE.tooLarge, "a message of the service is too large");
      return;
    }
    if (messageEnd) {
      const message = joinParts(this.#partial, bytes);
      this.#partial = [];
      this.#held -= bytes;
      this.silent += bytes;
      this.#bucket = spend(this.#bucket, bytes, this.#parts.now());
      this.#give(text ? new TextDecoder().decode(message) : message);
    }
    this.#owed += payload.byteLength;
    this.#pay();
  }

  #give(message: string | Uint8Array): void {
    try {
      this.#socket.send(message);
    } catch {
      this.clientGone(1006, "");
    }
  }

  /** Tells the agent that more may come: at once, or when the pace allows. A timer keeps the object awake meanwhile. */
  #pay(): void {
    if (this.#over || this.#owed === 0) return;
    const wait = waitMs(this.#bucket);
    if (wait > 0) {
      setTimeout(() => {
        this.#bucket = spend(this.#bucket, 0, this.#parts.now());
        this.#pay();
      }, wait);
      return;
    }
    const owed = this.#owed;
    this.#owed = 0;
    this.#down.take(owed);
    this.remember();
  }

  fromClient(message: string | ArrayBuffer): void {
    this.silent = 0;
    const text = typeof message === "string";
    const bytes = text ? new TextEncoder().encode(message) : new Uint8Array(message);
    this.#queue.push({ bytes, text });
    this.#held += bytes.byteLength;
    this.#drain();
    if (this.#queue.length > 0 && this.#held > MAX_QUEUED_BYTES) {
      this.#close(CLOSE.tryLater, "the service does not take messages as fast as they come");
    }
    this.remember();
  }

  #drain(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const went = this.#up.send(next.bytes, { last: true, text: next.text });
      this.#held -= went;
      if (went < next.bytes.byteLength) {
        next.bytes = next.bytes.subarray(went);
        return;
      }
      this.#queue.shift();
    }
  }

  credit(upTo: number): void {
    this.#up.more(upTo);
    this.#drain();
    this.remember();
  }

  /** The service closed. */
  end(frame: FrameOf<"end">): void {
    if (!this.#over) this.#parts.line.frame({ t: "end", s: this.id, at: this.#up.sent });
    this.#finish();
    closeClient(this.#socket, frame.closeCode ?? 1000, frame.closeReason ?? "");
  }

  fail(error: KubeNovaError): void {
    this.#finish();
    closeClient(this.#socket, CLOSE.internal, `${error.code}: ${error.message}`);
  }

  /** The client closed, or is gone. */
  clientGone(code: number, reason: string): void {
    if (this.#over) return;
    if (code === 1005 || code === 1006 || code === 1015) {
      this.#parts.line.frame({ t: "cancel", s: this.id, code: "client-gone", message: "the client is gone" });
    } else {
      const frame = { t: "end", s: this.id, at: this.#up.sent, closeCode: code } as const;
      this.#parts.line.frame(reason === "" ? frame : { ...frame, closeReason: reasonOf(reason) });
    }
    this.#finish();
  }

  /** Ends it on our side, with a reason for the client. */
  #close(code: number, reason: string): void {
    if (this.#over) return;
    this.#parts.line.frame({ t: "cancel", s: this.id, code: "closed", message: reason });
    this.#finish();
    closeClient(this.#socket, code, reason);
  }

  closeSilent(): void {
    this.#close(
      CLOSE.tryLater,
      "too many bytes without a message from the client; send one now and then, or use HTTP",
    );
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#up.close();
    this.#down.close();
    this.#partial = [];
    this.#queue = [];
    this.#parts.onOver();
  }
}
