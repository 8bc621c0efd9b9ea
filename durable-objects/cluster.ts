import { DurableObject } from "cloudflare:workers";
import type { DesiredDocument } from "../domain/desired/index.ts";
import { agentFrameDecoder, type FrameDecoder } from "../protocol/tunnel/codec.ts";
import type { AgentFrame } from "../protocol/tunnel/frames.ts";
import { CLOSE, SUBPROTOCOL, UNKNOWN_AFTER_MS } from "../protocol/tunnel/limits.ts";
import { ProtocolError, StreamFrameError } from "../protocol/tunnel/protocol-errors.ts";
import type { Env } from "../worker/env.ts";
import type { Witness } from "../worker/store/witness.ts";
import { Admission } from "./cluster/admission.ts";
import { Alarms } from "./cluster/alarms.ts";
import { Documents, prepare } from "./cluster/documents.ts";
import { Heart } from "./cluster/heart.ts";
import { Intake } from "./cluster/intake.ts";
import { LineageKeeper } from "./cluster/lineage.ts";
import { overviewOf } from "./cluster/overview.ts";
import { Pusher } from "./cluster/pusher.ts";
import { Sessions } from "./cluster/sessions.ts";
import { agentOf, closeSocket, refuseSocket, remember } from "./cluster/sockets.ts";
import { loadState } from "./cluster/state.ts";
import { Statuses } from "./cluster/statuses.ts";
import { Streams } from "./cluster/streams.ts";
import { migrate } from "./cluster/tables.ts";
import { Takeovers } from "./cluster/takeovers.ts";
import { Telling } from "./cluster/telling.ts";
import { Uplink } from "./cluster/uplink.ts";
import { compareWithDatabase } from "./cluster/witness.ts";
import { hasTables } from "./migrate.ts";
import type { ClusterIdentity, ClusterOverview, ClusterRpc, DeliveryResult, Liveness } from "./rpc.ts";

/**
 * One cluster's owner: its desired set, its agent's session, its newest statuses, its streams. A shell: each part stands
 * in cluster/, what they decide in domain/cluster/. An id that no cluster has leaves nothing behind.
 */
export class ClusterDO extends DurableObject<Env> implements ClusterRpc {
  readonly #heart: Heart;
  readonly #lineage: LineageKeeper;
  readonly #pusher: Pusher;
  readonly #intake: Intake;
  readonly #admission: Admission;
  readonly #sessions: Sessions;
  readonly #telling: Telling;
  readonly #uplink: Uplink;
  readonly #streams: Streams;
  readonly #takeovers: Takeovers;
  readonly #decoders = new WeakMap<WebSocket, FrameDecoder<AgentFrame>>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    const exists = hasTables(sql);
    if (exists) migrate(ctx.storage, Date.now());
    const documents = new Documents(sql);
    this.#heart = new Heart({
      ctx,
      env,
      documents,
      statuses: new Statuses(sql, documents),
      alarms: new Alarms(ctx.storage),
      state: exists ? loadState(sql) : undefined,
    });
    this.#lineage = new LineageKeeper(this.#heart, (change) => this.#cutOff(change));
    this.#pusher = new Pusher(this.#heart);
    this.#intake = new Intake(this.#heart, () => this.#push());
    this.#admission = new Admission(this.#heart, this.#pusher);
    this.#sessions = new Sessions(this.#heart, this.#lineage, this.#pusher, (_socket, hello) => {
      this.#streams.endAll("a newer session of the cluster's agent took over");
      this.#uplink.observed(hello);
      if (this.#heart.known().announced === 0) this.#heart.alarms.due("announce", this.#heart.now());
      ctx.waitUntil(this.#sessions.retireOlderKeys(hello.publicKey));
      // After a restore agents dial anew: who reads then is told at once.
      ctx.waitUntil(compareWithDatabase(this.#heart).catch(() => {}));
    });
    this.#telling = new Telling(this.#heart, () => this.#sessions.liveness());
    this.#uplink = new Uplink(this.#heart, this.#pusher, this.#telling);
    this.#takeovers = new Takeovers(this.#heart);
    this.#streams = new Streams(this.#heart, this.#sessions, this.#pusher);
  }

  /** Dials of agents, and streams that routes open. */
  override async fetch(request: Request): Promise<Response> {
    if (!new URL(request.url).pathname.startsWith("/tunnel/")) return this.#streams.open(request);
    let known: boolean;
    try {
      known = await this.#lineage.ready();
    } catch (error) {
      console.warn(JSON.stringify({ message: "a dial came before the set was whole", error: String(error) }));
      return refuseSocket(CLOSE.tryLater, "the desired set cannot be read now", SUBPROTOCOL);
    }
    return known ? this.#admission.accept(request) : new Response(null, { status: 404 });
  }

  async identify(identity: ClusterIdentity): Promise<void> {
    await this.#lineage.identify(identity);
    await this.#arm();
  }

  async deliver(documents: DesiredDocument[], witness?: Witness): Promise<DeliveryResult> {
    if (!(await this.#lineage.ready())) return { accepted: 0, stale: documents.length };
    const accepted = await this.#intake.take(await prepare(documents), witness);
    return { accepted, stale: documents.length - accepted };
  }

  #push(): void {
    const socket = this.#sessions.live();
    if (socket) this.#pusher.push(socket);
  }

  async liveness(): Promise<Liveness> {
    return this.#sessions.liveness();
  }

  async overview(): Promise<ClusterOverview> {
    return overviewOf(this.#heart, this.#sessions.liveness());
  }

  async statuses(keys: string[]) {
    const statuses = this.#heart.state ? this.#heart.statuses.of(keys) : [];
    return { liveness: this.#sessions.liveness(), statuses };
  }

  async removeOrphan(key: string, correlationId: string): Promise<boolean> {
    if (!this.#heart.state || !this.#heart.statuses.isOrphan(key)) return false;
    const revision = (this.#heart.documents.revisionOf(key)?.revision ?? 0) + 1;
    const tombstone = await prepare([{ key, revision, op: "tombstone", correlationId }]);
    this.#heart.transaction((state) => this.#heart.documents.put(state, tombstone));
    this.#push();
    return true;
  }

  async sweep(): Promise<void> {
    if (!this.#heart.state) return;
    await compareWithDatabase(this.#heart);
    const now = this.#heart.now();
    if (this.#telling.isBehind(now)) this.#heart.alarms.due("announce", now);
    if (this.#heart.statuses.unprojected(1).length > 0) this.#telling.projectSoon(now);
    await this.#arm();
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const agent = agentOf(socket);
    if (!agent) return this.#streams.fromClient(socket, message);
    if (agent.phase === "closed") return;
    try {
      if (typeof message === "string") await this.#agentFrame(socket, message);
      else if (this.#isCurrent(socket)) this.#streams.fromAgent(new Uint8Array(message));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error instanceof StreamFrameError && this.#isCurrent(socket)) this.#streams.malformed(error);
      else {
        closeSocket(socket, error.closeCode, error.message);
        this.#lost(agent.session);
      }
    }
    await this.#arm();
  }

  async #agentFrame(socket: WebSocket, text: string): Promise<void> {
    const decoder = this.#decoders.get(socket) ?? agentFrameDecoder();
    this.#decoders.set(socket, decoder);
    const frame = decoder.push(text);
    if (agentOf(socket)?.phase === "pending") {
      if (!frame) return;
      if (frame.t === "hello") return this.#sessions.hello(socket, frame);
      throw new ProtocolError("a frame before the hello");
    }
    if (!this.#isCurrent(socket) || !frame) return;
    if (frame.t === "opened" || frame.t === "credit" || frame.t === "end" || frame.t === "cancel") {
      this.#streams.frame(frame);
    } else {
      await this.#uplink.frame(socket, frame);
    }
  }

  /** Whether a frame counts: what an older session says is dropped. */
  #isCurrent(socket: WebSocket): boolean {
    const agent = agentOf(socket);
    if (agent?.phase !== "live") return false;
    if (agent.session !== this.#heart.known().session) {
      closeSocket(socket, CLOSE.fenced, "a newer session of this cluster took over");
      return false;
    }
    remember(socket, { lastFrameAt: this.#heart.now() });
    return true;
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    await this.#closed(socket, code, reason);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#closed(socket, 1006, "");
  }

  async #closed(socket: WebSocket, code: number, reason: string): Promise<void> {
    const agent = agentOf(socket);
    if (!agent) return this.#streams.clientClosed(socket, code, reason);
    closeSocket(socket, code === 1005 || code === 1006 ? 1000 : code, "");
    this.#takeovers.closed(agent, code);
    this.#lost(agent.session);
    await this.#arm();
  }

  /** A session's socket is gone. */
  #lost(session: number): void {
    const state = this.#heart.state;
    if (!state || session === 0 || session !== state.session) return;
    this.#streams.endAll("the connection to the cluster was lost");
    const now = this.#heart.now();
    this.#heart.transaction((current) => {
      current.lastSeenAt = now;
    });
    // An agent that is only dialling anew is back by then, and nobody hears of it.
    if (state.announced !== 0) this.#heart.alarms.due("announce", now + UNKNOWN_AFTER_MS);
  }

  override async alarm(): Promise<void> {
    const now = this.#heart.now();
    if (!this.#heart.state) return;
    await this.#heart.alarms.run(now, {
      hello: () => this.#admission.closeLate(now),
      project: () => this.#telling.project(now),
      announce: () => this.#telling.announce(now),
      takeovers: () => this.#takeovers.tell(now),
      pump: () => {
        const socket = this.#sessions.live();
        if (socket) this.#pusher.trickle(socket);
      },
    });
    await this.#arm();
  }

  /** What agents hold belongs to another epoch, or the cluster is gone: its sockets are cut at once. */
  #cutOff(change: "epoch" | "deleted"): void {
    const [code, reason] =
      change === "deleted"
        ? [CLOSE.deleted, "the cluster was deleted"]
        : [CLOSE.tryLater, "the desired set has a new epoch"];
    this.#sessions.closeAll(code, reason);
    this.#streams.endAll(reason);
    const { announced } = this.#heart.known();
    if (announced !== 0) this.#heart.alarms.due("announce", this.#heart.now() + UNKNOWN_AFTER_MS);
  }

  async #arm(): Promise<void> {
    if (this.#heart.state) await this.#heart.alarms.arm();
  }
}
