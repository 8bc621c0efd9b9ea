import { ulid } from "ulid";
import type { Lineage } from "../../domain/cluster/lineage.ts";
import { formatId } from "../../domain/ids/index.ts";
import { moveEpoch } from "../../worker/store/cluster-lineage.ts";
import { directory } from "../../worker/store/database.ts";
import { desiredForCluster } from "../../worker/store/desired.ts";
import { newestWitness } from "../../worker/store/witness.ts";
import { prepare } from "./documents.ts";
import type { Heart } from "./heart.ts";
import { record } from "./record.ts";
import { sawCommit } from "./witness.ts";

const REBUILD_PAGE = 100;

/** Writes a new epoch to D1, with its event, because the object's own set cannot be trusted. */
export async function beginEpoch(
  heart: Heart,
  clusterId: string,
  from: Lineage,
  epoch: number,
): Promise<Lineage> {
  const { env, ctx } = heart;
  const now = heart.now();
  const to = { epoch, epochId: formatId("epoch", ulid(now)) };
  await record(env, ctx, {
    clusterId,
    statements: moveEpoch(directory(env), clusterId, from, to, now),
    events: [
      {
        type: "evt.cluster.epoch-declared",
        tenantId: null,
        subject: `cluster/${clusterId}`,
        data: { epoch, previousEpoch: from.epoch, reason: "storage-lost" },
      },
    ],
    correlationId: to.epochId,
    now,
  });
  return to;
}

/** Brings the set of a new epoch in from D1, page by page; where it was broken off, it goes on. */
export async function rebuild(heart: Heart): Promise<void> {
  for (let state = heart.known(); state.rebuildAfter !== null; state = heart.known()) {
    const { epochId, rebuildAfter } = state;
    const page = await desiredForCluster(directory(heart.env), state.clusterId, {
      afterKey: rebuildAfter === "" ? null : rebuildAfter,
      limit: REBUILD_PAGE,
      correlationId: epochId,
    });
    const prepared = await prepare(page.documents);
    // Read afterwards: the page holds nothing newer.
    const witness = await newestWitness(directory(heart.env));
    heart.transaction((current) => {
      if (current.epochId !== epochId || current.rebuildAfter !== rebuildAfter) return;
      heart.documents.put(current, prepared);
      if (witness) sawCommit(current, witness);
      current.rebuildAfter = page.next;
    });
  }
}
