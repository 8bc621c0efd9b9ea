import { differInCountsAlone } from "../../domain/cluster/observed.ts";
import type { Capabilities, Inventory } from "../../protocol/resources/status.ts";
import { rotationMessage, verifyEd25519 } from "../../protocol/tunnel/auth.ts";
import type { AgentFrame, FrameOf } from "../../protocol/tunnel/frames.ts";
import { CLOSE } from "../../protocol/tunnel/limits.ts";
import { ProtocolError } from "../../protocol/tunnel/protocol-errors.ts";
import { clusterEntry } from "../../worker/audit/own-entries.ts";
import { insertClusterKey } from "../../worker/store/cluster-keys.ts";
import { touchCluster } from "../../worker/store/cluster-lineage.ts";
import { directory } from "../../worker/store/database.ts";
import { ClusterAudit } from "./audit.ts";
import type { Heart } from "./heart.ts";
import type { Pusher } from "./pusher.ts";
import { agentOf } from "./sockets.ts";
import type { Telling } from "./telling.ts";

/** Orphans come in several reports; they are told as one event. */
const ORPHANS_SETTLE_MS = 2000;
/** Counts of pods and the like reach D1 this often: each time costs a write there, an alarm, and four rows here. */
export const COUNTS_TO_D1_MS = 60 * 60 * 1000;
/** A rotation is for a key that leaked, or once a while; each writes D1. */
const MAX_KEYS = 4;

/** What a session's agent says of the desired set, of itself, and of its key. */
export class Uplink {
  readonly #heart: Heart;
  readonly #pusher: Pusher;
  readonly #telling: Telling;
  readonly #audit: ClusterAudit;

  constructor(heart: Heart, pusher: Pusher, telling: Telling) {
    this.#heart = heart;
    this.#audit = new ClusterAudit(heart, pusher);
    this.#pusher = pusher;
    this.#telling = telling;
  }

  async frame(socket: WebSocket, frame: AgentFrame): Promise<void> {
    switch (frame.t) {
      case "ack":
        return this.#ack(socket, frame);
      case "status":
        return this.#status(socket, frame);
      case "observed":
        return this.observed(frame);
      case "audit":
        return this.#audit.take(socket, frame);
      case "rotate-key":
        return this.#rotate(socket, frame);
      case "hello":
        throw new ProtocolError("a second hello");
      default:
    }
  }

  #ack(socket: WebSocket, ack: FrameOf<"ack">): void {
    if (ack.epochId !== this.#heart.known().epochId) return;
    const sent = agentOf(socket)?.sent ?? 0;
    if (ack.snapshot) {
      this.#pusher.snapshotProgress(socket, ack.snapshot.id, ack.snapshot.stored);
      return;
    }
    const { acked } = this.#heart.known();
    if (ack.seq <= acked || ack.seq > sent) return;
    this.#heart.transaction((state) => {
      state.acked = ack.seq;
      this.#heart.documents.forgetTombstones(state, ack.seq, this.#heart.now());
    });
    this.#pusher.acked();
    this.#pusher.push(socket);
  }

  /** A report of another epoch says nothing of this set; it is acked, so that it does not come again. */
  #status(socket: WebSocket, report: FrameOf<"status">): void {
    const now = this.#heart.now();
    if (report.epochId === this.#heart.known().epochId) {
      const taken = this.#heart.ctx.storage.transactionSync(() => {
        const state = this.#heart.known();
        const result = this.#heart.statuses.take(state, report.items, now);
        if (result.changed > 0) this.#heart.save();
        return result;
      });
      if (taken.changed > 0) this.#telling.projectSoon(now);
      if (taken.orphans > 0) this.#heart.alarms.due("announce", now + ORPHANS_SETTLE_MS);
    }
    this.#pusher.sendFrame(socket, { t: "status-ack", n: report.n });
  }

  /** Written only where something changed: an agent says it at each hello. */
  observed(observed: {
    capabilities: Capabilities;
    inventory?: Inventory | undefined;
    agentVersion?: string;
  }): void {
    const state = this.#heart.known();
    const next = {
      capabilities: JSON.stringify(observed.capabilities),
      inventory: observed.inventory ? JSON.stringify(observed.inventory) : state.inventory,
      agentVersion: observed.agentVersion ?? state.agentVersion,
    };
    if (
      next.capabilities === state.capabilities &&
      next.inventory === state.inventory &&
      next.agentVersion === state.agentVersion
    ) {
      return;
    }
    const canWait =
      next.capabilities === state.capabilities &&
      next.agentVersion === state.agentVersion &&
      differInCountsAlone(parsed(state.inventory), parsed(next.inventory));
    Object.assign(state, next, { observedDirty: true });
    this.#heart.save();
    this.#heart.alarms.due("announce", this.#heart.now() + (canWait ? COUNTS_TO_D1_MS : 0));
  }

  /** Signed by the new key inside a session that the old key opened. D1 has it before the agent hears that it holds. */
  async #rotate(socket: WebSocket, frame: FrameOf<"rotate-key">): Promise<void> {
    const { env, sql } = this.#heart;
    const { clusterId, session } = this.#heart.known();
    const keys = sql
      .exec<{ publicKey: string; kubeUid: string }>(
        "SELECT public_key AS publicKey, kube_uid AS kubeUid FROM keys",
      )
      .toArray();
    const old = agentOf(socket)?.publicKey ?? "";
    const kubeUid = keys.find(({ publicKey }) => publicKey === old)?.kubeUid;
    const known = keys.some(({ publicKey }) => publicKey === frame.publicKey);
    if (!known) {
      const message = rotationMessage({
        clusterId,
        oldPublicKey: old,
        newPublicKey: frame.publicKey,
        session,
      });
      const holds = await verifyEd25519(frame.publicKey, frame.signature, message);
      if (!holds || !kubeUid || keys.length >= MAX_KEYS) {
        throw new ProtocolError("the rotation does not hold", CLOSE.unauthorized);
      }
      const db = directory(env);
      const now = this.#heart.now();
      const key = { publicKey: frame.publicKey, clusterId, kubeUid, createdAt: now, retiredAt: null };
      const entry = await clusterEntry(env, clusterId, { action: "cluster:rotate-key" }, now);
      await db.batch([insertClusterKey(db, key), ...touchCluster(db, clusterId, now), ...entry]);
      this.#heart.transaction((state) => {
        sql.exec("INSERT OR REPLACE INTO keys VALUES (?, ?)", frame.publicKey, kubeUid);
        state.version += 1;
      });
    }
    this.#pusher.sendFrame(socket, { t: "key-rotated", publicKey: frame.publicKey });
  }
}

const parsed = (json: string | null): object | null => (json === null ? null : JSON.parse(json));
