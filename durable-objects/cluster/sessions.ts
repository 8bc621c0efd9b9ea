import { acceptedHosts, judgeHello } from "../../domain/cluster/hello.ts";
import { decideResume } from "../../domain/cluster/lineage.ts";
import { isConnected, lastSeen } from "../../domain/cluster/liveness.ts";
import { proofMessage, toBase64Url, verifyEd25519 } from "../../protocol/tunnel/auth.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import {
  CLOSE,
  HELLO_DEADLINE_MS,
  PING,
  PONG,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  UNKNOWN_AFTER_MS,
} from "../../protocol/tunnel/limits.ts";
import { retireOlderKeys } from "../../worker/store/cluster-keys.ts";
import { directory } from "../../worker/store/database.ts";
import type { Liveness } from "../rpc.ts";
import type { Heart } from "./heart.ts";
import type { LineageKeeper } from "./lineage.ts";
import type { Pusher } from "./pusher.ts";
import {
  AGENT_TAG,
  type AgentAttachment,
  agentOf,
  closeSocket,
  isOpen,
  refuseSocket,
  remember,
} from "./sockets.ts";

const VERSIONS = [PROTOCOL_VERSION];
/** Sockets that have not proved who they are. An agent needs one; strangers push each other out, oldest first. */
const MAX_PENDING = 16;
const NONCE_BYTES = 32;

type OnSession = (socket: WebSocket, hello: FrameOf<"hello">) => void;

/** Who may speak for the cluster: dial, proof, session, fencing. */
export class Sessions {
  readonly #heart: Heart;
  readonly #lineage: LineageKeeper;
  readonly #pusher: Pusher;
  readonly #onSession: OnSession;

  constructor(heart: Heart, lineage: LineageKeeper, pusher: Pusher, onSession: OnSession) {
    this.#heart = heart;
    this.#lineage = lineage;
    this.#pusher = pusher;
    this.#onSession = onSession;
  }

  /** A dial: the socket is open, and proves nothing yet. */
  async accept(request: Request): Promise<Response> {
    const { ctx, env, alarms } = this.#heart;
    const { deleted, epochId } = this.#heart.known();
    if (deleted) return refuseSocket(CLOSE.deleted, "the cluster was deleted", SUBPROTOCOL);
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
    await alarms.arm(now, this.liveness().connected);
    return new Response(null, {
      status: 101,
      webSocket: client,
      headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL },
    });
  }

  #dropOldestPending(): void {
    const pending = this.#inPhase("pending");
    for (const socket of pending.slice(0, Math.max(0, pending.length - MAX_PENDING + 1))) {
      closeSocket(socket, CLOSE.tryLater, "too many sockets without a hello");
    }
  }

  /** Oldest first. */
  #inPhase(phase: AgentAttachment["phase"]): WebSocket[] {
    return this.#heart.ctx
      .getWebSockets(AGENT_TAG)
      .map((socket) => ({ socket, attachment: agentOf(socket) }))
      .filter(({ socket, attachment }) => attachment?.phase === phase && isOpen(socket))
      .sort((a, b) => (a.attachment?.deadlineAt ?? 0) - (b.attachment?.deadlineAt ?? 0))
      .map(({ socket }) => socket);
  }

  /** The socket of the newest session, while it is open. */
  live(): WebSocket | undefined {
    const session = this.#heart.state?.session;
    return this.#inPhase("live").find((socket) => agentOf(socket)?.session === session);
  }

  liveness(): Liveness {
    const { ctx, state } = this.#heart;
    const socket = this.live();
    const signs = {
      open: socket !== undefined,
      lastPingAt: (socket && ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime()) ?? null,
      lastFrameAt: (socket && agentOf(socket)?.lastFrameAt) ?? null,
    };
    return {
      connected: isConnected(signs, this.#heart.now(), UNKNOWN_AFTER_MS),
      lastSeenAt: lastSeen(signs) ?? state?.lastSeenAt ?? null,
      session: state?.session ?? 0,
    };
  }

  /** Sockets whose time to say hello is over. */
  async closeLate(now: number): Promise<void> {
    const pending = this.#inPhase("pending");
    for (const socket of pending) {
      const deadlineAt = agentOf(socket)?.deadlineAt ?? 0;
      if (deadlineAt <= now) closeSocket(socket, CLOSE.helloTimeout, "no hello in time");
      else this.#heart.alarms.due("hello", deadlineAt);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#heart.ctx.getWebSockets(AGENT_TAG)) closeSocket(socket, code, reason);
  }

  /** The nonce is spent before anything is awaited, so that no second hello on this socket can use it. */
  async hello(socket: WebSocket, hello: FrameOf<"hello">): Promise<void> {
    const attachment = agentOf(socket);
    if (!attachment?.nonce) return closeSocket(socket, CLOSE.unauthorized, "the challenge was used already");
    remember(socket, { nonce: null });
    const { clusterId } = this.#heart.known();
    const { publicKey, signature, host, clusterUid } = hello;
    const { nonce, epochId } = attachment;
    const message = proofMessage({ clusterId, nonce, host, epochId, clusterUid });
    const signatureHolds = await verifyEd25519(publicKey, signature, message);
    if (signatureHolds && !this.#keys().some((key) => key.publicKey === publicKey)) {
      await this.#lineage.refreshForStranger();
    }
    const state = this.#heart.known();
    if (agentOf(socket)?.phase !== "pending" || !isOpen(socket)) return;
    if (state.deleted) return closeSocket(socket, CLOSE.deleted, "the cluster was deleted");
    const verdict = judgeHello(hello, {
      versions: VERSIONS,
      hosts: attachment.hosts,
      keys: this.#keys(),
      signatureHolds,
    });
    if (verdict.kind === "upgrade") return closeSocket(socket, CLOSE.upgradeRequired, verdict.reason);
    if (verdict.kind === "wrong-cluster") return closeSocket(socket, CLOSE.wrongCluster, verdict.reason);
    if (verdict.kind === "unauthorized") return closeSocket(socket, CLOSE.unauthorized, verdict.reason);
    const resume = decideResume(state, hello.cursor);
    if (resume === "renew") await this.#lineage.renew();
    if (epochId !== this.#heart.known().epochId) {
      return closeSocket(socket, CLOSE.tryLater, "the epoch has just changed");
    }
    this.#begin(socket, hello, verdict.version, resume === "resume" ? hello.cursor?.seq : undefined);
  }

  #keys(): { publicKey: string; kubeUid: string }[] {
    const sql = "SELECT public_key AS publicKey, kube_uid AS kubeUid FROM keys";
    return this.#heart.sql.exec<{ publicKey: string; kubeUid: string }>(sql).toArray();
  }

  /** A key was used whose predecessors are still good: what a rotation leaves. */
  async retireOlderKeys(publicKey: string): Promise<void> {
    if (!this.#keys().some((key) => key.publicKey !== publicKey)) return;
    const { env } = this.#heart;
    const { clusterId } = this.#heart.known();
    const db = directory(env);
    await db.batch(retireOlderKeys(db, clusterId, publicKey, this.#heart.now()));
    await this.#lineage.refresh();
  }

  #begin(socket: WebSocket, hello: FrameOf<"hello">, version: number, resume: number | undefined): void {
    const older = this.#inPhase("live");
    const now = this.#heart.now();
    const state = this.#heart.transaction((current) => {
      current.session += 1;
      current.lastSeenAt = now;
      current.acked = resume ?? 0;
      this.#heart.documents.forgetTombstones(current, current.acked, now);
      this.#heart.documents.purgeGone(now);
      return current;
    });
    for (const each of older) closeSocket(each, CLOSE.fenced, "a newer session of this cluster took over");
    remember(socket, {
      phase: "live",
      session: state.session,
      publicKey: hello.publicKey,
      lastFrameAt: now,
    });
    if (this.#inPhase("pending").length === 0) this.#heart.alarms.cancel("hello");
    this.#pusher.sendFrame(socket, {
      t: "welcome",
      version,
      session: state.session,
      epoch: state.epoch,
      epochId: state.epochId,
      seq: state.seq,
      mode: resume === undefined ? "snapshot" : "resume",
      clusterId: state.clusterId,
      clusterName: state.name,
      clusterMode: state.mode,
    });
    this.#onSession(socket, hello);
    this.#pusher.start(socket, resume);
  }
}
