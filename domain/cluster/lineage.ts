/**
 * The lineage of a cluster's desired set: a number that only grows, and a random id. Sequence numbers, cursors and
 * revisions compare within one epoch only. D1 holds it (D), the cluster's object holds it (O).
 *
 * | the object | D1's row | what it means | decision |
 * |---|---|---|---|
 * | empty | never claimed | a new cluster | adopt D, claim it, build the set from D1 |
 * | empty | claimed | the object's storage is lost | a new epoch above D, told to D1; the set is rebuilt |
 * | O = D | | nothing happened | keep |
 * | D above O | | a person declared an epoch | follow D; the set is rebuilt |
 * | D below O | | D1 was restored from before the last epoch | keep O and tell D1; older revisions stay refused |
 * | same number, other id | | D1 was restored, and declared anew meanwhile | a new epoch above both; the set is rebuilt |
 *
 * A rebuilt set is sent as the first snapshot of its epoch, and that one never deletes anything at the agent. So each
 * row of this table is safe, and the question is only whose documents are the truth.
 */
export interface Lineage {
  epoch: number;
  epochId: string;
}

export type LineageDecision =
  | { kind: "keep" }
  | { kind: "adopt" }
  | { kind: "follow" }
  | { kind: "tell" }
  | { kind: "renew"; epoch: number };

export function decideLineage(
  held: Lineage | undefined,
  row: Lineage & { claimed: boolean },
): LineageDecision {
  if (!held) return row.claimed ? { kind: "renew", epoch: row.epoch + 1 } : { kind: "adopt" };
  if (row.epoch > held.epoch) return { kind: "follow" };
  if (row.epoch < held.epoch) return { kind: "tell" };
  return row.epochId === held.epochId ? { kind: "keep" } : { kind: "renew", epoch: held.epoch + 1 };
}

/** Where the desired set stands: `floor` is the highest number of a tombstone that was acked and is sent no more. */
export interface SetState {
  epochId: string;
  seq: number;
  floor: number;
}

/**
 * How an agent catches up. A cursor beyond the set means that the object's storage went back in time: its set may lack
 * what the agent has, so that it needs a new epoch, whose first snapshot deletes nothing.
 */
export function decideResume(
  set: SetState,
  cursor: { epochId: string; seq: number } | undefined,
): "resume" | "snapshot" | "renew" {
  if (!cursor || cursor.epochId !== set.epochId) return "snapshot";
  if (cursor.seq > set.seq) return "renew";
  return cursor.seq < set.floor ? "snapshot" : "resume";
}

/** Level-based: only what is newer than the document held is taken, whatever order deliveries come in. */
export const isNewer = (heldRevision: number | undefined, revision: number): boolean =>
  heldRevision === undefined || revision > heldRevision;
