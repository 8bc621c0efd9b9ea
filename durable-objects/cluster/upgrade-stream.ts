import { newWindow, type Window } from "../../domain/cluster/credit.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import type { StreamOpen } from "../rpc.ts";
import type { ClientSocket } from "./client-socket.ts";
import { HttpStream } from "./http-stream.ts";
import type { StreamPool } from "./pool.ts";
import type { Line, Stream } from "./stream.ts";

export interface UpgradeParts {
  id: number;
  open: StreamOpen;
  line: Line;
  pool: StreamPool;
  onOver: () => void;
  /** Takes the server's end of a new socket, and puts it in this stream's place. */
  accept(server: WebSocket): ClientSocket;
}

/**
 * A person asked for a WebSocket, and the service has not answered yet. Only when it accepts is there a socket: a refusal
 * is an HTTP answer like any other.
 */
export class UpgradeStream implements Stream {
  readonly id: number;
  readonly answer: Promise<Response>;
  readonly #parts: UpgradeParts;
  readonly #http: HttpStream;
  readonly #accepted = Promise.withResolvers<Response>();
  #refused = false;

  constructor(parts: UpgradeParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#http = new HttpStream(parts.id, parts.open, parts.line, parts.pool, parts.onOver);
    this.answer = Promise.race([this.#accepted.promise, this.#http.answer]);
  }

  get window(): Window {
    return this.#refused ? this.#http.window : newWindow();
  }

  opened(frame: FrameOf<"opened">): void {
    if (frame.status !== 101) {
      this.#refused = true;
      this.#http.opened(frame);
      return;
    }
    this.#http.handOver();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#parts.accept(server).opened(frame);
    const headers: Record<string, string> = frame.websocket
      ? { "Sec-WebSocket-Protocol": frame.websocket }
      : {};
    this.#accepted.resolve(new Response(null, { status: 101, webSocket: client, headers }));
  }

  data(payload: Uint8Array): void {
    if (this.#refused) this.#http.data(payload);
    else this.fail(new KubeNovaError("KN-1502", "The agent sent bytes before the head of its answer."));
  }

  credit(upTo: number): void {
    this.#http.credit(upTo);
  }

  end(frame: FrameOf<"end">): void {
    this.#http.end(frame);
  }

  fail(error: KubeNovaError): void {
    this.#http.fail(error);
  }
}
