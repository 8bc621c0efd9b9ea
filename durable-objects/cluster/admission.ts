import { acceptedHosts } from "../../domain/cluster/hello.ts";
import { toBase64Url } from "../../protocol/tunnel/auth.ts";
import {
  CLOSE,
  HELLO_DEADLINE_MS,
  KEY_HEADER,
  PING,
  PONG,
  SUBPROTOCOL,
} from "../../protocol/tunnel/limits.ts";
import type { Heart } from "./heart.ts";
import type { Pusher } from "./pusher.ts";
import { VERSIONS } from "./sessions.ts";
import { AGENT_TAG, type AgentAttachment, agentOf, closeSocket, inPhase, refuseSocket } from "./sockets.ts";

/** Sockets that have not proved who they are. An agent needs one; strangers push each other out, oldest first. */
const MAX_PENDING = 16;
/**
 * Sockets without a session, those that we closed included: this runtime keeps one until its client answers the close,
 * which a stranger need not do, and an object takes 32,768 in all. Beyond it only a key that the cluster has is let in.
 */
const MAX_STRANGERS = 64;
const NONCE_BYTES = 32;

/** Sockets between their dial and their hello. */
export class Admission {
  readonly #heart: Heart;
  readonly #pusher: Pusher;

  constructor(heart: Heart, pusher: Pusher) {
    this.#heart = heart;
    this.#pusher = pusher;
  }

  /** A dial: the socket is open, and proves nothing yet. */
  async accept(request: Request): Promise<Response> {
    const { ctx, env, alarms } = this.#heart;
    const { deleted, epochId } = this.#heart.known();
    if (deleted) return refuseSocket(CLOSE.deleted, "the cluster was deleted", SUBPROTOCOL);
    if (!this.#hasRoomFor(request.headers.get(KEY_HEADER))) return new Response(null, { status: 429 });
    this.#dropOldestPending();
    const { 0: client, 1: server } = new WebSocketPair();
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    ctx.acceptWebSocket(server, [AGENT_TAG]);
    const now = this.#heart.now();
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
    const attachment: AgentAttachment = {
      kind: "agent",
      phase: "pending",
      nonce,
      epochId,
      hosts: acceptedHosts(new URL(request.url).host, env.PUBLIC_HOSTS),
      deadlineAt: now + HELLO_DEADLINE_MS,
      session: 0,
      publicKey: "",
      sent: 0,
      snapshot: false,
      lastFrameAt: now,
      nextId: 1,
    };
    server.serializeAttachment(attachment);
    this.#pusher.sendFrame(server, { t: "challenge", versions: VERSIONS, nonce, epochId });
    alarms.due("hello", attachment.deadlineAt);
    await alarms.arm();
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL },
    });
  }

  #hasRoomFor(publicKey: string | null): boolean {
    const strangers = this.#heart.ctx
      .getWebSockets(AGENT_TAG)
      .filter((socket) => agentOf(socket)?.phase !== "live");
    if (strangers.length < MAX_STRANGERS) return true;
    const known = "SELECT 1 FROM keys WHERE public_key = ?";
    return publicKey !== null && this.#heart.sql.exec(known, publicKey).toArray().length > 0;
  }

  #dropOldestPending(): void {
    const pending = inPhase(this.#heart.ctx, "pending");
    for (const socket of pending.slice(0, Math.max(0, pending.length - MAX_PENDING + 1))) {
      closeSocket(socket, CLOSE.tryLater, "too many sockets without a hello");
    }
  }

  /** Sockets whose time to say hello is over. */
  closeLate(now: number): void {
    const pending = inPhase(this.#heart.ctx, "pending");
    for (const socket of pending) {
      const deadlineAt = agentOf(socket)?.deadlineAt ?? 0;
      if (deadlineAt <= now) closeSocket(socket, CLOSE.helloTimeout, "no hello in time");
      else this.#heart.alarms.due("hello", deadlineAt);
    }
  }
}
