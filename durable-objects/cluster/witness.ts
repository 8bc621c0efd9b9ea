import { directory } from "../../worker/store/database.ts";
import { remembers, type Witness } from "../../worker/store/witness.ts";
import type { Prepared } from "./documents.ts";
import type { Heart } from "./heart.ts";
import type { ClusterState } from "./state.ts";

/** Keeps the newest commit that the set was told of. */
export function sawCommit(state: ClusterState, { seq, id }: Witness): void {
  if (seq > state.witnessSeq) Object.assign(state, { witnessSeq: seq, witnessId: id });
}

/** Whether what came is older than what is held, or another text of the same revision: late, or of a restored database. */
export const isDoubtful = ({ documents }: Heart, prepared: readonly Prepared[]): boolean =>
  prepared.some(({ key, revision, digest }) => {
    const held = documents.revisionOf(key);
    return (
      held !== undefined &&
      (held.revision > revision || (held.revision === revision && held.digest !== digest))
    );
  });

/**
 * Asks the database for the newest commit that this object was told of (decisions.md 20). Where it is gone the database
 * was restored from before it: its revisions begin anew below those held, so that nothing of it may be taken, and what it
 * lacks may not be deleted. Only a declared epoch ends that.
 *
 * @returns whether it diverged, which is remembered
 */
export async function compareWithDatabase(heart: Heart): Promise<boolean> {
  const { diverged, witnessSeq, witnessId, epochId } = heart.known();
  if (diverged || witnessSeq === 0) return diverged;
  if (await remembers(directory(heart.env), { seq: witnessSeq, id: witnessId })) return false;
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
