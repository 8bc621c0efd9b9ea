import { judgeHello } from "../../domain/cluster/hello.ts";
import { decideResume } from "../../domain/cluster/lineage.ts";
import { isConnected, lastSeen } from "../../domain/cluster/liveness.ts";
import { AUDIT_FEATURE } from "../../protocol/tunnel/audit-frames.ts";
import { proofMessage, verifyEd25519 } from "../../protocol/tunnel/auth.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE, PROTOCOL_VERSION, UNKNOWN_AFTER_MS } from "../../protocol/tunnel/limits.ts";
import { retireOlderKeys } from "../../worker/store/cluster-keys.ts";
import { directory } from "../../worker/store/database.ts";
import type { Liveness } from "../rpc.ts";
import type { Heart } from "./heart.ts";
import type { LineageKeeper } from "./lineage.ts";
import type { Pusher } from "./pusher.ts";
import { AGENT_TAG, agentOf, closeSocket, inPhase, isOpen, remember } from "./sockets.ts";

/** Protocol versions of this side. */
export const VERSIONS = [PROTOCOL_VERSION];
type OnSession = (socket: WebSocket, hello: FrameOf<"hello">) => void;

/** Who may speak for the cluster: proof, session, fencing. */
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

  /** The socket of the newest session, while it is open. */
  live(): WebSocket | undefined {
    const session = this.#heart.state?.session;
    return inPhase(this.#heart.ctx, "live").find((socket) => agentOf(socket)?.session === session);
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
      ...(state?.diverged ? { diverged: true } : {}),
    };
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
    const older = inPhase(this.#heart.ctx, "live");
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
    if (inPhase(this.#heart.ctx, "pending").length === 0) this.#heart.alarms.cancel("hello");
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
      features: [AUDIT_FEATURE],
    });
    this.#onSession(socket, hello);
    this.#pusher.start(socket, resume);
  }
}
