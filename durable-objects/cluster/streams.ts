import { checkData, MIN_WINDOW_BYTES } from "../../domain/cluster/credit.ts";
import { tooSilent } from "../../domain/cluster/pacing.ts";
import { ERRORS, type ErrorCode, KubeNovaError } from "../../domain/errors/index.ts";
import { decodeData } from "../../protocol/tunnel/data.ts";
import type { EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE, MAX_STREAMS } from "../../protocol/tunnel/limits.ts";
import type { StreamFrameError } from "../../protocol/tunnel/protocol-errors.ts";
import { STREAM_ERROR_HEADER, STREAM_HEADER, type StreamOpen } from "../rpc.ts";
import { CLIENT_TAG, type ClientAttachment, closeClient, streamTag } from "./client-attachment.ts";
import { ClientSocket } from "./client-socket.ts";
import type { Heart } from "./heart.ts";
import { HttpStream } from "./http-stream.ts";
import { StreamPool } from "./pool.ts";
import type { Pusher } from "./pusher.ts";
import type { Sessions } from "./sessions.ts";
import { streamLost } from "./shapes.ts";
import { agentOf, isOpen, remember, sendTo } from "./sockets.ts";
import type { Line, Stream } from "./stream.ts";
import { UpgradeStream } from "./upgrade-stream.ts";

/**
 * Streams of the session's agent. HTTP answers keep the object awake; people's sockets do not, and are found again by
 * their tags. What memory they may take together is domain/cluster/credit.ts and pacing.ts.
 */
export class Streams {
  readonly #heart: Heart;
  readonly #sessions: Sessions;
  readonly #pusher: Pusher;
  readonly #pool = new StreamPool();
  readonly #streams = new Map<number, Stream>();

  constructor(heart: Heart, sessions: Sessions, pusher: Pusher) {
    this.#heart = heart;
    this.#sessions = sessions;
    this.#pusher = pusher;
  }

  /** Opens a stream and waits for its head. */
  async open(request: Request): Promise<Response> {
    try {
      return await this.#open(request);
    } catch (error) {
      if (!(error instanceof KubeNovaError)) throw error;
      const { code, message, details } = error;
      return Response.json(
        { message, details },
        { status: error.status, headers: { [STREAM_ERROR_HEADER]: code } },
      );
    }
  }

  #open(request: Request): Promise<Response> {
    const open = JSON.parse(decodeURIComponent(request.headers.get(STREAM_HEADER) ?? "")) as StreamOpen;
    const agent = this.#sessions.live();
    if (!agent || !this.#sessions.liveness().connected) throw new KubeNovaError("KN-1500");
    this.#findSockets();
    if (this.#streams.size >= MAX_STREAMS) throw new KubeNovaError("KN-1503");
    const id = agentOf(agent)?.nextId ?? 1;
    remember(agent, { nextId: id + 1 });
    const line = this.#line(agent);
    const { target, deadlineMs, correlationId } = open;
    const over = () => void this.#streams.delete(id);
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      const accept = (server: WebSocket) => this.#accept(server, id);
      const stream = new UpgradeStream({ id, open, line, pool: this.#pool, onOver: over, accept });
      this.#streams.set(id, stream);
      line.frame({ t: "open", s: id, deadlineMs, correlationId, credit: MIN_WINDOW_BYTES, target });
      return stream.answer;
    }
    const stream = new HttpStream(id, open, line, this.#pool, over);
    this.#streams.set(id, stream);
    line.frame({ t: "open", s: id, deadlineMs, correlationId, credit: MIN_WINDOW_BYTES, target });
    this.#heart.ctx.waitUntil(stream.upload(request.body));
    return stream.answer;
  }

  #line(agent: WebSocket): Line {
    return {
      frame: (frame: EdgeFrame) => void this.#pusher.sendFrame(agent, frame),
      data: (bytes: Uint8Array) => void sendTo(agent, [bytes]),
    };
  }

  #accept(server: WebSocket, id: number): ClientSocket {
    this.#heart.ctx.acceptWebSocket(server, [CLIENT_TAG, streamTag(id)]);
    return this.#client(server, id);
  }

  #client(socket: WebSocket, id: number, known?: ClientAttachment): ClientSocket {
    const agent = this.#sessions.live();
    const line: Line = agent ? this.#line(agent) : { frame: () => undefined, data: () => undefined };
    const client: ClientSocket = new ClientSocket(
      {
        id,
        session: this.#heart.known().session,
        line,
        pool: this.#pool,
        onOver: () => void this.#streams.delete(id),
        now: () => this.#heart.now(),
      },
      socket,
      known,
    );
    this.#streams.set(id, client);
    client.remember();
    return client;
  }

  /** After a sleep: routing comes from tags and attachments. */
  #findSockets(): void {
    for (const socket of this.#heart.ctx.getWebSockets(CLIENT_TAG)) this.#clientOf(socket);
  }

  #clientOf(socket: WebSocket): ClientSocket | undefined {
    const known = socket.deserializeAttachment() as ClientAttachment | null;
    if (known?.kind !== "client" || !isOpen(socket)) return undefined;
    const stream = this.#streams.get(known.stream);
    if (stream instanceof ClientSocket) return stream;
    if (known.session !== this.#heart.state?.session) {
      closeClient(socket, CLOSE.internal, "KN-1504: the connection to the cluster was lost");
      return undefined;
    }
    const client = this.#client(socket, known.stream, known);
    if (known.held === 0) return client;
    client.fail(streamLost("the connection was interrupted in the middle of a message"));
    return undefined;
  }

  #stream(id: number): Stream | undefined {
    const stream = this.#streams.get(id);
    if (stream) return stream;
    const socket = this.#heart.ctx.getWebSockets(streamTag(id))[0];
    return socket && this.#clientOf(socket);
  }

  /** Bytes of a stream; those of one that is over are nobody's. */
  fromAgent(bytes: Uint8Array): void {
    const frame = decodeData(bytes);
    const stream = frame && this.#stream(frame.stream);
    if (!frame || !stream) return;
    const { payload, offset, messageEnd, text } = frame;
    const problem = checkData(stream.window, offset, payload.byteLength);
    if (problem !== "ok") {
      this.#violated(stream, problem);
      return;
    }
    stream.window.received += payload.byteLength;
    stream.data(payload, offset, messageEnd, text);
    if (stream instanceof ClientSocket) this.#boundSilence();
  }

  /** A frame of one stream that is not valid: the others go on. */
  malformed({ stream: id, message }: StreamFrameError): void {
    const stream = this.#stream(id);
    if (stream) this.#violated(stream, message);
  }

  #violated(stream: Stream, problem: string): void {
    const agent = this.#sessions.live();
    if (agent) this.#line(agent).frame({ t: "cancel", s: stream.id, code: "protocol", message: problem });
    stream.fail(streamLost(`the agent broke the rules of streams: ${problem}`));
  }

  #boundSilence(): void {
    const sent = new Map<ClientSocket, number>();
    for (const stream of this.#streams.values())
      if (stream instanceof ClientSocket) sent.set(stream, stream.silent);
    tooSilent(sent)?.closeSilent();
  }

  frame(frame: FrameOf<"opened"> | FrameOf<"credit"> | FrameOf<"end"> | FrameOf<"cancel">): void {
    const stream = this.#stream(frame.s);
    if (!stream) return;
    if (frame.t === "opened") stream.opened(frame);
    else if (frame.t === "credit") stream.credit(frame.upTo);
    else if (frame.t === "end") stream.end(frame);
    else stream.fail(refusal(frame));
  }

  fromClient(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#clientOf(socket)?.fromClient(message);
  }

  clientClosed(socket: WebSocket, code: number, reason: string): void {
    const known = socket.deserializeAttachment() as ClientAttachment | null;
    const stream = known ? this.#streams.get(known.stream) : undefined;
    if (stream instanceof ClientSocket) stream.clientGone(code, reason);
    else if (known?.session === this.#heart.state?.session && known) {
      this.#client(socket, known.stream, known).clientGone(code, reason);
    }
    closeClient(socket, code, reason);
  }

  /** The session is over, and all that hung on it. */
  endAll(reason: string): void {
    const error = streamLost(reason);
    this.#findSockets();
    for (const stream of [...this.#streams.values()]) stream.fail(error);
    for (const socket of this.#heart.ctx.getWebSockets(CLIENT_TAG)) {
      if (isOpen(socket)) closeClient(socket, CLOSE.internal, `${error.code}: ${reason}`);
    }
  }
}

/** Why an agent cancelled: one of our codes, or its own reason. */
function refusal({ code, message }: FrameOf<"cancel">): KubeNovaError {
  const known = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "KN-1502";
  return new KubeNovaError(known, message || undefined, { reason: message });
}
