import type { ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { EngineContext, LiveGraph } from "./context.ts";

/**
 * Kubernetes Events of a graph: at most one a generation, for a failure or a prune. An ordinary success makes none: the
 * status says it, and events are writes.
 */
export interface Reporter {
  begin(live: LiveGraph): void;
  pruned(): void;
  status(live: LiveGraph, status: ResourceGraphStatus): void;
}

export function createReporter(ctx: EngineContext): Reporter {
  let done = false;
  let pruned = 0;
  return {
    begin({ status, metadata }) {
      // A process that starts anew does not say again what was said.
      done = status?.observedGeneration === metadata.generation;
      pruned = 0;
    },
    pruned() {
      pruned += 1;
    },
    status(live, { phase, message }) {
      const failed = phase === "Failed";
      const isPassing = phase === "Executing" || phase === "Deleting";
      if (done || isPassing || (!failed && pruned === 0)) return;
      done = true;
      ctx.record({
        regarding: live,
        type: failed ? "Warning" : "Normal",
        reason: failed ? "NodesFailed" : "Pruned",
        action: failed ? "Apply" : "Prune",
        note: failed ? (message ?? "failed") : `${pruned} objects left the graph and were removed`,
      });
    },
  };
}
