import type { Metrics } from "../metrics.ts";
import type { Counters } from "./context.ts";

export function counters(metrics: Metrics): Counters {
  const applies = metrics.counter(
    "kubenova_engine_applies_total",
    "Objects sent to the API server, by result",
  );
  const pruned = metrics.counter(
    "kubenova_engine_pruned_total",
    "Objects deleted because their graph dropped them",
  );
  const drift = metrics.counter(
    "kubenova_engine_drift_total",
    "Corrections of fields that somebody else changed",
  );
  const status = metrics.counter("kubenova_engine_status_writes_total", "Writes of a ResourceGraph's status");
  return {
    applied: (result) => applies.inc({ result }),
    pruned: () => pruned.inc(),
    drift: () => drift.inc(),
    statusWritten: () => status.inc(),
  };
}
