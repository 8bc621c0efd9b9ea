import type { Window } from "../../domain/cluster/credit.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { answerHeaders, hasNoBody } from "../../domain/proxy/headers.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import type { StreamOpen } from "../rpc.ts";
import type { StreamPool } from "./pool.ts";
import { type BodyShape, LineShape, RawShape, streamLost } from "./shapes.ts";
import { Download, type Line, type Stream, Upload } from "./stream.ts";

/** Below the 15 s in which a client that vanished must be noticed. */
const KEEP_ALIVE_MS = 10_000;

type Timer = ReturnType<typeof setTimeout>;

/** A request to the cluster whose answer is an HTTP body. The reader pulls; what it took is granted to the agent anew. */
export class HttpStream implements Stream {
  readonly id: number;
  /** The answer's head, or why there is none. */
  readonly answer: Promise<Response>;
  readonly #open: StreamOpen;
  readonly #line: Line;
  readonly #up: Upload;
  readonly #down: Download;
  readonly #onOver: () => void;
  readonly #head = Promise.withResolvers<Response>();
  readonly #queue: Uint8Array[] = [];
  #shape: BodyShape = new RawShape("");
  #state: "opening" | "body" | "over" = "opening";
  #uploading = true;
  /** The agent has said all; the reader may not have read all. */
  #ended = false;
  #failed: KubeNovaError | undefined;
  #wake: (() => void) | undefined;
  #roomy: (() => void) | undefined;
  #deadline: Timer | undefined;

  constructor(id: number, open: StreamOpen, line: Line, pool: StreamPool, onOver: () => void) {
    this.id = id;
    this.#open = open;
    this.#line = line;
    this.#up = new Upload(id, line, pool);
    this.#down = new Download(id, line, pool);
    this.#onOver = onOver;
    this.answer = this.#head.promise;
    const late = () => this.#abandon(new KubeNovaError("KN-1501"));
    this.#deadline = setTimeout(late, open.deadlineMs);
  }

  get window(): Window {
    return this.#down.window;
  }

  /** Sends the request's body, as fast as the agent takes it. */
  async upload(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const reader = body?.getReader();
    try {
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done || this.#state === "over") break;
        for (let at = 0; at < value.byteLength && !this.#isOver(); ) {
          at += this.#up.send(value.subarray(at));
          if (at < value.byteLength) await this.#room();
        }
      }
      if (!this.#isOver()) this.#line.frame({ t: "end", s: this.id, at: this.#up.sent });
      this.#uploading = false;
    } catch {
      this.#abandon(new KubeNovaError("KN-1000", "The request's body ended early."));
    } finally {
      await reader?.cancel().catch(() => undefined);
    }
  }

  #isOver = (): boolean => this.#state === "over";

  /** Resolves at the next credit; another stream's credit frees memory too, so it looks again now and then. */
  #room(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 50);
      this.#roomy = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  credit(upTo: number): void {
    this.#up.more(upTo);
    this.#roomy?.();
  }

  opened(frame: FrameOf<"opened">): void {
    if (this.#state !== "opening") return;
    clearTimeout(this.#deadline ?? null);
    this.#state = "body";
    this.credit(frame.credit);
    const headers = new Headers(answerHeaders(frame.headers));
    const { lines, target } = this.#open;
    if (lines && frame.status === 200) {
      this.#shape = new LineShape(lines);
      headers.set("content-type", lines === "sse" ? "text/event-stream" : "application/x-ndjson");
    } else {
      this.#shape = new RawShape(headers.get("content-type") ?? "");
    }
    const head = target.kind === "service" && target.method === "HEAD";
    const status = frame.status < 200 ? 502 : frame.status;
    const body = head || hasNoBody(status) ? null : this.#body();
    this.#head.resolve(new Response(body, { status, headers }));
    if (body === null) this.#finish();
  }

  #body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#abandon(new KubeNovaError("KN-1000", "The client is gone.")),
      },
      { highWaterMark: 0 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      const bytes = this.#queue.shift();
      if (bytes) {
        const shaped = this.#shape.push(bytes);
        if (shaped.byteLength > 0) controller.enqueue(shaped);
        if (!this.#isOver()) this.#down.take(bytes.byteLength);
        if (shaped.byteLength > 0) return;
      } else if (this.#failed) {
        return this.#breakOff(controller, this.#failed);
      } else if (this.#ended) {
        const rest = this.#shape.flush();
        if (rest.byteLength > 0) controller.enqueue(rest);
        controller.close();
        return this.#finish();
      } else if (!(await this.#next())) {
        const harmless = this.#shape.keepAlive();
        if (harmless) return controller.enqueue(harmless);
        this.#abandon(streamLost("nothing came from the service for too long; see X-KubeNova-Idle-Seconds"));
      }
    }
  }

  /** Waits for what comes next. @returns false where nothing did, and it is time to write or to give up */
  #next(): Promise<boolean> {
    const patience = this.#shape.keepAlive() ? KEEP_ALIVE_MS : this.#open.idleMs;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), patience);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  #breakOff(controller: ReadableStreamDefaultController<Uint8Array>, error: KubeNovaError): void {
    const last = this.#shape.lost(error);
    if (last) {
      controller.enqueue(this.#shape.flush());
      controller.enqueue(last);
      controller.close();
    } else {
      controller.error(new Error(`${error.code}: ${error.message}`));
    }
    this.#finish();
  }

  /** The answer is a socket, which takes this stream's place. */
  handOver(): void {
    this.#state = "over";
    clearTimeout(this.#deadline ?? null);
    this.#up.close();
    this.#down.close();
  }

  data(payload: Uint8Array): void {
    if (this.#state === "over" || payload.byteLength === 0) return;
    this.#queue.push(payload);
    this.#wake?.();
  }

  end(frame: FrameOf<"end">): void {
    if (frame.at !== this.#down.window.received) {
      this.fail(streamLost("bytes are missing at the end"));
      return;
    }
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: KubeNovaError): void {
    if (this.#state === "opening") {
      this.#head.reject(error);
      this.#finish();
    } else if (this.#state === "body") {
      this.#failed = error;
      this.#wake?.();
    }
  }

  /** Gives up on our side: the agent is told. */
  #abandon(error: KubeNovaError): void {
    if (this.#state === "over") return;
    this.#line.frame({ t: "cancel", s: this.id, code: error.code, message: error.message });
    this.fail(error);
    if (error.code === "KN-1000") this.#finish();
  }

  #finish(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    clearTimeout(this.#deadline ?? null);
    // The service answered without waiting for all of the body: the agent need not wait for it either.
    if (this.#uploading && this.#ended)
      this.#line.frame({ t: "cancel", s: this.id, code: "done", message: "" });
    this.#up.close();
    this.#down.close();
    this.#queue.length = 0;
    this.#roomy?.();
    this.#onOver();
  }
}
