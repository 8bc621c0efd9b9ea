import { directory } from "../../worker/store/database.ts";
import { remembers, type Witness } from "../../worker/store/witness.ts";
import type { Heart } from "./heart.ts";
import type { ClusterState } from "./state.ts";

/** Keeps the newest commit that the set may hold. The commit held before was there when this one was read. */
export function sawCommit(state: ClusterState, { seq, id }: Witness): void {
  if (seq > state.witnessSeq) Object.assign(state, { witnessSeq: seq, witnessId: id });
}

/** The newest commit that the set may hold; undefined where it knows of none. */
export const heldWitness = ({ witnessSeq: seq, witnessId: id }: ClusterState): Witness | undefined =>
  seq === 0 ? undefined : { seq, id };

/**
 * Asks the database for the newest commit that this object knows of (decisions.md 20). Where it is gone the database was
 * restored from before it: its revisions begin anew below those held, so that nothing of it may be taken, and what it
 * lacks may not be deleted. Only a declared epoch ends that.
 *
 * @returns whether it diverged, which is remembered
 */
export async function compareWithDatabase(heart: Heart): Promise<boolean> {
  const { diverged, epochId } = heart.known();
  const held = heldWitness(heart.known());
  if (diverged || !held) return diverged;
  if (await remembers(directory(heart.env), held)) return false;
  if (heart.known().epochId !== epochId) return heart.known().diverged;
  markDiverged(heart);
  return true;
}

export function markDiverged(heart: Heart): void {
  heart.transaction((state) => {
    state.diverged = true;
  });
  const { clusterId, witnessSeq } = heart.known();
  const message = "the database was restored from before what this cluster was told; declare an epoch";
  console.error(JSON.stringify({ message, clusterId, witnessSeq }));
}
