import type { Metrics } from "../metrics.ts";
import type { Counters } from "./context.ts";

export function counters(metrics: Metrics): Counters {
  const applies = metrics.counter(
    "kubenova_engine_applies_total",
    "Objects sent to the API server, by result",
  );
  const pruned = metrics.counter(
    "kubenova_engine_pruned_total",
    "Objects that left with their graph's consent, by result: deleted, orphaned, left (they were not ours)",
  );
  const kept = metrics.counter(
    "kubenova_engine_kept_total",
    "Objects that left their graph and were found to be protected, needed by others or within their grace period",
  );
  const adopted = metrics.counter(
    "kubenova_engine_adopted_total",
    "Objects that were there before their graph, by result: taken, refused",
  );
  const drift = metrics.counter(
    "kubenova_engine_drift_total",
    "Objects that somebody else changed or deleted, by result: corrected, reported",
  );
  const status = metrics.counter("kubenova_engine_status_writes_total", "Writes of a ResourceGraph's status");
  return {
    applied: (result) => applies.inc({ result }),
    pruned: (result) => pruned.inc({ result }),
    kept: () => kept.inc(),
    adopted: (result) => adopted.inc({ result }),
    drift: (result) => drift.inc({ result }),
    statusWritten: () => status.inc(),
  };
}
