import type { DesiredFrame, EdgeFrame, FrameOf } from "../../protocol/tunnel/frames.ts";

/** What a cluster holds for one key. */
export type HeldDocument = Pick<DesiredFrame, "revision" | "op" | "digest" | "resource">;

/** Documents of a snapshot after which the edge is told how far it is. */
const ACK_EVERY = 50;

/** The desired set of a simulated agent, in memory: newest document a key, tombstones kept. */
export class SimulatedDocuments {
  readonly held = new Map<string, HeldDocument>();
  /** Every desired frame that came, in order. */
  readonly received: Pick<DesiredFrame, "key" | "revision" | "digest">[] = [];
  cursor: { epochId: string; seq: number } | undefined;
  #epochId = "";
  #snapshot: Set<string> | undefined;

  /** @returns what is to be acked */
  take(frame: EdgeFrame): FrameOf<"ack"> | undefined {
    if (frame.t === "welcome") this.#epochId = frame.epochId;
    else if (frame.t === "snapshot-begin") this.#snapshot = new Set();
    else if (frame.t === "desired") return this.#desired(frame);
    else if (frame.t === "snapshot-end") return this.#snapshotEnd(frame);
    return undefined;
  }

  #desired({ key, revision, op, digest, resource, seq, snapshot }: DesiredFrame): FrameOf<"ack"> | undefined {
    this.received.push({ key, revision, digest });
    this.held.set(key, { revision, op, digest, resource });
    if (snapshot === undefined) return this.#ack(seq);
    const stored = this.#snapshot?.add(key).size ?? 0;
    if (stored % ACK_EVERY !== 0) return undefined;
    return { t: "ack", epochId: this.#epochId, seq: 0, snapshot: { id: snapshot, stored } };
  }

  /** Absence from a whole snapshot deletes only within an epoch that was known before. */
  #snapshotEnd({ epochId, seq }: FrameOf<"snapshot-end">): FrameOf<"ack"> {
    if (this.cursor?.epochId === epochId) {
      for (const key of this.held.keys()) if (!this.#snapshot?.has(key)) this.held.delete(key);
    }
    this.#snapshot = undefined;
    return this.#ack(seq);
  }

  #ack(seq: number): FrameOf<"ack"> {
    this.cursor = { epochId: this.#epochId, seq };
    return { t: "ack", ...this.cursor };
  }
}
