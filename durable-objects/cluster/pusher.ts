import { encodeFrame, encodeText } from "../../protocol/tunnel/codec.ts";
import type { EdgeFrame } from "../../protocol/tunnel/frames.ts";
import { DESIRED_WINDOW_BYTES } from "../../protocol/tunnel/limits.ts";
import { type SnapshotLine, snapshotDigest } from "../../protocol/tunnel/snapshot.ts";
import { flushSpans } from "../../worker/tracing/export.ts";
import { continueTrace, targetOf } from "../../worker/tracing/spans.ts";
import type { DesiredRow } from "./documents.ts";
import type { Heart } from "./heart.ts";
import { agentOf, remember, sendTo } from "./sockets.ts";

/** Rows read at a time; of the largest documents that is still within the window. */
const PAGE = 16;
/** An agent that does not say how far it is gets a part of the window this often. */
const TRICKLE_MS = 2000;

interface Snapshot {
  id: string;
  epochId: string;
  seq: number;
  lastKey: string;
  lines: SnapshotLine[];
  /** Bytes sent with each line, summed up. */
  sums: number[];
  /** Documents that the agent has stored, by its acks. */
  stored: number;
  ending: boolean;
}

/** Brings a session's agent to where the desired set stands, and keeps it there; never more than a window ahead of its acks. */
export class Pusher {
  readonly #heart: Heart;
  #snapshot: Snapshot | undefined;
  /** Bytes sent and not acked; undefined where that must be counted anew. */
  #underWay: number | undefined;

  constructor(heart: Heart) {
    this.#heart = heart;
  }

  /** Begins with a session: after the cursor, or with a snapshot where there is none to go on from. */
  start(socket: WebSocket, from: number | undefined): void {
    this.#snapshot = undefined;
    this.#underWay = undefined;
    remember(socket, { sent: from ?? 0, snapshot: from === undefined });
    this.push(socket);
  }

  /** Sends what the window takes. */
  push(socket: WebSocket): void {
    const attachment = agentOf(socket);
    if (attachment?.phase !== "live") return;
    if (attachment.snapshot) this.#pushSnapshot(socket);
    else this.#pushChanges(socket, attachment.sent);
  }

  acked(): void {
    this.#underWay = undefined;
  }

  /** @param stored how many of a snapshot's documents are in the cluster */
  snapshotProgress(socket: WebSocket, id: string, stored: number): void {
    if (this.#snapshot?.id !== id) return;
    this.#snapshot.stored = Math.min(Math.max(this.#snapshot.stored, stored), this.#snapshot.lines.length);
    this.push(socket);
  }

  /** The alarm's: goes on although the agent did not say how far it is. */
  trickle(socket: WebSocket): void {
    if (this.#snapshot) this.#snapshot.stored = this.#snapshot.lines.length;
    this.push(socket);
  }

  #pushChanges(socket: WebSocket, sentBefore: number): void {
    const { documents, state } = this.#heart;
    if (!state || sentBefore >= state.seq) return;
    let sent = sentBefore;
    let underWay = this.#underWay ?? documents.bytesBetween(state.acked, sent);
    while (underWay < DESIRED_WINDOW_BYTES) {
      const rows = documents.after(sent, PAGE);
      for (const row of rows) {
        if (!this.#send(socket, row)) return;
        sent = row.seq;
        underWay += row.bytes;
      }
      if (rows.length < PAGE) break;
    }
    this.#underWay = underWay;
    remember(socket, { sent });
  }

  #pushSnapshot(socket: WebSocket): void {
    const { documents, alarms } = this.#heart;
    const snapshot = this.#snapshot ?? this.#beginSnapshot(socket);
    if (snapshot.ending) return;
    const underWay = (): number => (snapshot.sums.at(-1) ?? 0) - (snapshot.sums[snapshot.stored - 1] ?? 0);
    while (underWay() < DESIRED_WINDOW_BYTES) {
      const rows = documents.upsertsAfter(snapshot.lastKey, PAGE);
      for (const row of rows) {
        if (!this.#send(socket, row, snapshot.id)) return;
        snapshot.lastKey = row.key;
        snapshot.lines.push({ key: row.key, revision: row.revision, digest: row.digest ?? "" });
        snapshot.sums.push((snapshot.sums.at(-1) ?? 0) + row.bytes);
      }
      if (rows.length < PAGE) {
        this.#endSnapshot(socket, snapshot);
        return;
      }
    }
    alarms.due("pump", this.#heart.now() + TRICKLE_MS);
    this.#heart.ctx.waitUntil(alarms.arm());
  }

  #beginSnapshot(socket: WebSocket): Snapshot {
    const { epochId, seq } = this.#heart.known();
    const id = crypto.randomUUID();
    const snapshot = { id, epochId, seq, lastKey: "", lines: [], sums: [], stored: 0, ending: false };
    this.#snapshot = snapshot;
    const count = this.#heart.documents.countUpserts();
    this.sendFrame(socket, { t: "snapshot-begin", snapshot: id, epochId, seq, count });
    return snapshot;
  }

  /** The digest is made between two turns of the object: what came meanwhile is sent after the end. */
  #endSnapshot(socket: WebSocket, snapshot: Snapshot): void {
    snapshot.ending = true;
    const finish = async (): Promise<void> => {
      const digest = await snapshotDigest(snapshot.lines);
      if (this.#snapshot !== snapshot) return;
      const { id, epochId, seq, lines } = snapshot;
      this.#snapshot = undefined;
      this.#underWay = undefined;
      this.sendFrame(socket, { t: "snapshot-end", snapshot: id, epochId, seq, count: lines.length, digest });
      remember(socket, { sent: seq, snapshot: false });
      this.push(socket);
    };
    this.#heart.ctx.waitUntil(finish());
  }

  /** A resource is canonical JSON already: it is put into its frame as it is. */
  #send(socket: WebSocket, row: DesiredRow, snapshot?: string): boolean {
    const head = JSON.stringify({
      t: "desired",
      seq: row.seq,
      key: row.key,
      revision: row.revision,
      op: row.op,
      ...(row.digest ? { digest: row.digest } : {}),
      correlationId: row.correlationId,
      ...(row.traceparent ? { traceparent: row.traceparent } : {}),
      ...(snapshot ? { snapshot } : {}),
    });
    const text = row.resource === null ? head : `${head.slice(0, -1)},"resource":${row.resource}}`;
    const sent = sendTo(
      socket,
      encodeText(text, () => this.#nextId(socket)),
    );
    if (row.traceparent) this.#traced(row, sent);
    return sent;
  }

  /** That a document was pushed, in the trace of its change. */
  #traced({ key, seq, revision, traceparent }: DesiredRow, sent: boolean): void {
    const { ctx, env } = this.#heart;
    const { clusterId, name } = this.#heart.known();
    const span = continueTrace(env, traceparent, {
      name: "push",
      kind: "producer",
      attributes: {
        "kubenova.cluster": name,
        "kubenova.cluster_id": clusterId,
        "kubenova.desired_key": key,
        "kubenova.desired_revision": revision,
        "kubenova.seq": seq,
      },
    });
    const target = span && targetOf(env);
    if (!target) return;
    span.end(sent ? {} : { error: "the agent's socket is gone" });
    ctx.waitUntil(flushSpans(target));
  }

  sendFrame(socket: WebSocket, frame: EdgeFrame): boolean {
    return sendTo(
      socket,
      encodeFrame(frame, () => this.#nextId(socket)),
    );
  }

  #nextId(socket: WebSocket): number {
    const id = agentOf(socket)?.nextId ?? 1;
    remember(socket, { nextId: id + 1 });
    return id;
  }
}
