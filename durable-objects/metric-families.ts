import type { MetricFamily } from "../domain/metrics/prometheus.ts";
import type { QuickAggregates } from "../worker/store/aggregates.ts";

export interface CatalogueFigures extends QuickAggregates {
  /** Totals by type. */
  events: Record<string, number>;
  /** Checkpoints that were not signed, by log. */
  refused: Record<string, number>;
  /** Milliseconds since 1970. */
  now: number;
}

/** What the database says of events, the outbox, clusters and the audit logs. */
export const catalogueFamilies = (figures: CatalogueFigures): MetricFamily[] => [
  {
    name: "kubenova_events_total",
    help: "Events committed, by type.",
    type: "counter",
    samples: Object.entries(figures.events).map(([type, value]) => ({ labels: { type }, value })),
  },
  {
    name: "kubenova_outbox_undelivered",
    help: "Events that are committed and not delivered yet, by shard.",
    type: "gauge",
    samples: figures.undelivered.map(({ shard, count }) => ({
      labels: { shard: String(shard) },
      value: count,
    })),
  },
  {
    name: "kubenova_outbox_lag_seconds",
    help: "Age of the oldest undelivered event, by shard.",
    type: "gauge",
    samples: figures.undelivered.map(({ shard, oldestAt }) => ({
      labels: { shard: String(shard) },
      value: Math.max(0, (figures.now - oldestAt) / 1000),
    })),
  },
  {
    name: "kubenova_dead_letters",
    help: "Dead letters by source and state; those that are dead wait for a person.",
    type: "gauge",
    samples: figures.deadLetters.map(({ source, state, count }) => ({
      labels: { source, state },
      value: count,
    })),
  },
  {
    name: "kubenova_clusters",
    help: "Clusters by state and mode. `connected` means once: kubenova_cluster_up says now.",
    type: "gauge",
    samples: figures.clusters.map(({ state, mode, count }) => ({ labels: { state, mode }, value: count })),
  },
  ...auditFamilies(figures),
];

const auditFamilies = ({ audit, refused, now }: CatalogueFigures): MetricFamily[] => [
  {
    name: "kubenova_audit_entries_total",
    help: "Audit entries of mutations that their logs have.",
    type: "counter",
    samples: [{ labels: {}, value: audit.numbers - audit.waiting }],
  },
  {
    name: "kubenova_audit_entries_waiting",
    help: "Audit entries that are committed and not in their logs yet.",
    type: "gauge",
    samples: [{ labels: {}, value: audit.waiting }],
  },
  {
    name: "kubenova_audit_lag_seconds",
    help: "Age of the oldest audit entry that is not in its log yet; 0 where none waits.",
    type: "gauge",
    samples: [{ labels: {}, value: Math.max(0, (now - (audit.oldestAt ?? now)) / 1000) }],
  },
  {
    name: "kubenova_audit_checkpoints_refused_total",
    help: "Times that a log was not signed because it does not continue what was signed before, by log.",
    type: "counter",
    samples: Object.entries(refused).map(([log, value]) => ({ labels: { log }, value })),
  },
];

export const upFamily = (clusters: { cluster: string; up: boolean }[]): MetricFamily => ({
  name: "kubenova_cluster_up",
  help: "1 where the cluster's agent is connected. Asked for at most every five minutes.",
  type: "gauge",
  samples: clusters.map(({ cluster, up }) => ({ labels: { cluster }, value: up ? 1 : 0 })),
});
