import { GRAPH_PHASES, type ResourceGraphStatus } from "../../protocol/resources/graph.ts";
import type { Labels, Metrics } from "../metrics.ts";
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
  const applySeconds = metrics.histogram(
    "kubenova_engine_apply_duration_seconds",
    "From sending an object to the API server's answer",
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  );
  const readySeconds = metrics.histogram(
    "kubenova_engine_ready_duration_seconds",
    "From the last apply of a node to its being ready",
    [0.1, 1, 5, 15, 60, 300, 900, 3_600],
  );
  const reconciles = metrics.counter(
    "kubenova_engine_reconciles_total",
    "Generations of graphs that came to rest, by result: ready, degraded, failed",
  );
  const reconcileSeconds = metrics.histogram(
    "kubenova_engine_reconcile_duration_seconds",
    "From when a generation of a graph came to its first rest",
    [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600],
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
    applyTook: (seconds) => applySeconds.observe(seconds),
    readyAfter: (seconds) => readySeconds.observe(seconds),
    reconciled(result, seconds) {
      reconciles.inc({ result });
      reconcileSeconds.observe(seconds, { result });
    },
  };
}

/** Gauges over the newest statuses of all graphs. */
export function gaugesOfGraphs(metrics: Metrics, statuses: () => readonly ResourceGraphStatus[]): void {
  metrics.gaugeOf("kubenova_engine_managed_resources", "Objects in the inventories of all graphs", () =>
    statuses().reduce((sum, { inventory = [] }) => sum + inventory.length, 0),
  );
  metrics.gaugesOf("kubenova_engine_nodes", "Nodes of all graphs, by state: ready, failed, pending", () =>
    nodesByState(statuses()),
  );
  metrics.gaugesOf("kubenova_engine_graphs_by_phase", "ResourceGraphs, by phase", () => {
    const all = statuses();
    return GRAPH_PHASES.map((phase) => [{ phase }, all.filter((status) => status.phase === phase).length]);
  });
}

function nodesByState(statuses: readonly ResourceGraphStatus[]): [Labels, number][] {
  const sum = { ready: 0, failed: 0, pending: 0 };
  for (const { counts } of statuses) {
    if (!counts) continue;
    sum.ready += counts.ready;
    sum.failed += counts.failed;
    sum.pending += counts.total - counts.ready - counts.failed;
  }
  return Object.entries(sum).map(([state, value]) => [{ state }, value]);
}
