import type { GraphNode } from "../../protocol/resources/graph.ts";
import type { LiveGraph } from "./context.ts";
import type { History } from "./history.ts";
import { ShardError } from "./shard-objects.ts";
import type { Stage } from "./stage.ts";

/** Which nodes are carried out: the specification's own, or those of the former graph that rollbackTo names. */
export interface Carried {
  digest: string;
  nodes: readonly GraphNode[];
  /** Why they are not what rollbackTo names: they are what was carried out before, and go on. */
  problem?: string;
}

/** A former graph that cannot be had; `mayPass`: its shards may be put back. */
export interface NotCarried {
  problem: string;
  mayPass: boolean;
}

/**
 * A graph that cannot be gone back to changes nothing. What the stored status says is carried out goes on; where that is
 * neither the specification's own nodes nor the rollback of before, nobody knows what to go on with, and nothing is done.
 *
 * Rejects where the API server could not be asked.
 */
export async function carriedBy(
  { spec, status }: LiveGraph,
  nodes: readonly GraphNode[],
  history: Pick<History, "nodesFor" | "digestOf">,
): Promise<(Carried & { mayPass?: boolean }) | NotCarried> {
  const own = history.digestOf(spec);
  const find = async (digest: string) => (digest === own ? nodes : history.nodesFor(digest));
  const { rollbackTo = own } = spec;
  try {
    return { digest: rollbackTo, nodes: await find(rollbackTo) };
  } catch (error) {
    const refusal = refusalOf(error);
    const before = status?.digest;
    if (before === undefined || ![own, status?.rolledBackTo].includes(before) || before === rollbackTo)
      return { ...refusal, problem: `${refusal.problem}; nothing is applied or pruned` };
    try {
      const problem = `${refusal.problem}; what was carried out before, ${before}, goes on`;
      return { ...refusal, digest: before, nodes: await find(before), problem };
    } catch (other) {
      return {
        ...refusal,
        problem: `${refusal.problem}, and ${refusalOf(other).problem}; nothing is applied or pruned`,
      };
    }
  }
}

function refusalOf(error: unknown): NotCarried {
  if (!(error instanceof ShardError)) throw error;
  return { problem: error.message, mayPass: error.mayPass };
}

/** Carries out what it did, and says why it is not what is asked for. */
export const goingOn = (stage: Stage, message: string): Stage => ({
  ...stage,
  snapshot: () => ({ ...stage.snapshot(), phase: "Failed", reason: "Refused", message }),
  acted: () => true,
});
