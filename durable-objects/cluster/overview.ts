import type { Capabilities, Inventory } from "../../protocol/resources/status.ts";
import type { ClusterOverview, Liveness } from "../rpc.ts";
import type { Heart } from "./heart.ts";

const MAX_ORPHANS = 1000;

/** What the object knows of its cluster; of an object that knows nothing, nothing. */
export function overviewOf(
  { state, documents, statuses, awakeSince }: Heart,
  liveness: Liveness,
): ClusterOverview {
  if (!state) {
    const nothing = { capabilities: null, inventory: null, agentVersion: null, orphans: [], awakeSince };
    return { liveness, epoch: 0, epochId: "", seq: 0, ackedSeq: 0, documents: 0, ...nothing };
  }
  return {
    liveness,
    epoch: state.epoch,
    epochId: state.epochId,
    capabilities: state.capabilities === null ? null : (JSON.parse(state.capabilities) as Capabilities),
    inventory: state.inventory === null ? null : (JSON.parse(state.inventory) as Inventory),
    agentVersion: state.agentVersion,
    seq: state.seq,
    ackedSeq: state.acked,
    documents: documents.countUpserts(),
    orphans: statuses.orphans(MAX_ORPHANS),
    awakeSince,
  };
}
