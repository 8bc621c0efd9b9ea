import { DurableObject } from "cloudflare:workers";
import { type MetricFamily, renderMetrics } from "../domain/metrics/prometheus.ts";
import {
  addCounts,
  type RequestCounts,
  requestFamilies,
  type SpanCounts,
  spanFamily,
} from "../domain/metrics/requests.ts";
import type { Env } from "../worker/env.ts";
import {
  enrolledClusters,
  eventCountsAfter,
  quickAggregates,
  releasesByPhase,
} from "../worker/store/aggregates.ts";
import { clusterStub, directory } from "../worker/store/database.ts";
import { type CatalogueFigures, catalogueFamilies, upFamily } from "./metric-families.ts";
import type { MetricsRpc } from "./rpc.ts";

/** Figures that cost a whole table or a question to each cluster are taken anew after so long. */
const SLOW_FIGURES_MS = 5 * 60_000;
/** Clusters that are asked at a time. */
const CLUSTERS_AT_ONCE = 50;

const NO_SPANS: SpanCounts = { exported: 0, dropped: 0 };

interface EventTotals {
  newest: number;
  counts: Record<string, number>;
}

/**
 * Figures of the whole manager: what isolates counted, and what the database says when it is scraped. Counters are
 * stored in one row each time they grow, so that they never run backwards; nothing happens while nobody asks.
 */
export class MetricsDO extends DurableObject<Env> implements MetricsRpc {
  private slow: { at: number; families: Promise<MetricFamily[]> } | undefined;

  async add(counts: RequestCounts, spans: SpanCounts = NO_SPANS): Promise<void> {
    const total = this.ctx.storage.kv.get<RequestCounts>("requests") ?? {};
    addCounts(total, counts);
    this.ctx.storage.kv.put("requests", total);
    if (spans.exported === 0 && spans.dropped === 0) return;
    const { exported, dropped } = this.ctx.storage.kv.get<SpanCounts>("spans") ?? NO_SPANS;
    const sum = { exported: exported + spans.exported, dropped: dropped + spans.dropped };
    this.ctx.storage.kv.put("spans", sum);
  }

  async refusedCheckpoint(log: string): Promise<void> {
    const refused = this.ctx.storage.kv.get<Record<string, number>>("refused") ?? {};
    this.ctx.storage.kv.put("refused", { ...refused, [log]: (refused[log] ?? 0) + 1 });
  }

  async render(): Promise<string> {
    const db = directory(this.env);
    const [events, quick, slow] = await Promise.all([
      this.countEvents(),
      quickAggregates(db),
      this.slowFamilies(),
    ]);
    const refused = this.ctx.storage.kv.get<Record<string, number>>("refused") ?? {};
    const figures: CatalogueFigures = { ...quick, events, refused, now: Date.now() };
    const requests = this.ctx.storage.kv.get<RequestCounts>("requests") ?? {};
    const spans = this.ctx.storage.kv.get<SpanCounts>("spans") ?? NO_SPANS;
    return renderMetrics([
      ...requestFamilies(requests),
      spanFamily(spans),
      ...catalogueFamilies(figures),
      ...slow,
    ]);
  }

  /** Counts only the events since the last time: the table is never read whole, and a purge takes nothing away. */
  private async countEvents(): Promise<Record<string, number>> {
    const totals = this.ctx.storage.kv.get<EventTotals>("events") ?? { newest: 0, counts: {} };
    const { newest, counts } = await eventCountsAfter(directory(this.env), totals.newest);
    // Another scrape may have counted the same events meanwhile: who finds the cursor where it was, stores.
    const stored = this.ctx.storage.kv.get<EventTotals>("events") ?? { newest: 0, counts: {} };
    if (stored.newest !== totals.newest || newest === totals.newest) return stored.counts;
    for (const [type, count] of Object.entries(counts)) {
      totals.counts[type] = (totals.counts[type] ?? 0) + count;
    }
    this.ctx.storage.kv.put("events", { newest, counts: totals.counts });
    return totals.counts;
  }

  private slowFamilies(): Promise<MetricFamily[]> {
    if (!this.slow || this.slow.at + SLOW_FIGURES_MS < Date.now()) {
      const families = this.readSlowFamilies();
      this.slow = { at: Date.now(), families };
      families.catch(() => {
        this.slow = undefined;
      });
    }
    return this.slow.families;
  }

  private async readSlowFamilies(): Promise<MetricFamily[]> {
    const db = directory(this.env);
    const [releases, clusters] = await Promise.all([releasesByPhase(db), enrolledClusters(db)]);
    const up: { cluster: string; up: boolean }[] = [];
    for (let start = 0; start < clusters.length; start += CLUSTERS_AT_ONCE) {
      const asked = clusters.slice(start, start + CLUSTERS_AT_ONCE);
      up.push(...(await Promise.all(asked.map((cluster) => this.ask(cluster)))));
    }
    const samples = releases.map(({ tenant, phase, count }) => ({ labels: { tenant, phase }, value: count }));
    return [
      {
        name: "kubenova_releases",
        help: "Releases by tenant and phase, as last reported.",
        type: "gauge",
        samples,
      },
      upFamily(up),
    ];
  }

  private async ask(cluster: { id: string; name: string }): Promise<{ cluster: string; up: boolean }> {
    const liveness = await clusterStub(this.env, cluster.id)
      .liveness()
      .catch(() => undefined);
    return { cluster: cluster.name, up: liveness?.connected ?? false };
  }
}
