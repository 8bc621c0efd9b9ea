import type { MetricFamily, Sample } from "./prometheus.ts";

/** Upper bounds of the duration histogram, in seconds. */
export const BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const;

/** Counts of one method and route (its template, so that their number is bounded). */
export interface RouteCounts {
  /** By status code. */
  statuses: Record<string, number>;
  /** One more than there are bounds: the last is everything slower. Not cumulative. */
  buckets: number[];
  sumSeconds: number;
}

/** By `METHOD route`. */
export type RequestCounts = Record<string, RouteCounts>;

export interface CountedRequest {
  method: string;
  route: string;
  status: number;
  seconds: number;
}

export function countRequest(counts: RequestCounts, request: CountedRequest): void {
  const key = `${request.method} ${request.route}`;
  const route = counts[key] ?? emptyCounts();
  counts[key] = route;
  route.statuses[request.status] = (route.statuses[request.status] ?? 0) + 1;
  const bound = BUCKETS_SECONDS.findIndex((seconds) => request.seconds <= seconds);
  const bucket = bound < 0 ? BUCKETS_SECONDS.length : bound;
  route.buckets[bucket] = (route.buckets[bucket] ?? 0) + 1;
  route.sumSeconds += request.seconds;
}

/** Adds what an isolate counted to the whole. */
export function addCounts(total: RequestCounts, more: RequestCounts): void {
  for (const [key, counts] of Object.entries(more)) {
    const route = total[key] ?? emptyCounts();
    total[key] = route;
    for (const [status, count] of Object.entries(counts.statuses)) {
      route.statuses[status] = (route.statuses[status] ?? 0) + count;
    }
    route.buckets = route.buckets.map((count, index) => count + (counts.buckets[index] ?? 0));
    route.sumSeconds += counts.sumSeconds;
  }
}

/** Spans of traces: sent, and dropped because nobody took them in time. */
export interface SpanCounts {
  exported: number;
  dropped: number;
}

export const spanFamily = ({ exported, dropped }: SpanCounts): MetricFamily => ({
  name: "kubenova_trace_spans_total",
  help: "Spans of traces, by what became of them.",
  type: "counter",
  samples: [
    { labels: { result: "exported" }, value: exported },
    { labels: { result: "dropped" }, value: dropped },
  ],
});

const emptyCounts = (): RouteCounts => ({
  statuses: {},
  buckets: Array.from({ length: BUCKETS_SECONDS.length + 1 }, () => 0),
  sumSeconds: 0,
});

export function requestFamilies(counts: RequestCounts): MetricFamily[] {
  const routes = Object.entries(counts).map(([key, route]) => {
    const space = key.indexOf(" ");
    return { labels: { method: key.slice(0, space), route: key.slice(space + 1) }, route };
  });
  return [
    {
      name: "kubenova_http_requests_total",
      help: "Requests answered, by method, route and status.",
      type: "counter",
      samples: routes.flatMap(({ labels, route }) =>
        Object.entries(route.statuses).map(([status, value]) => ({ labels: { ...labels, status }, value })),
      ),
    },
    {
      name: "kubenova_http_request_duration_seconds",
      help: "Time until a request's answer began.",
      type: "histogram",
      samples: routes.flatMap(({ labels, route }) => histogram(labels, route)),
    },
  ];
}

function histogram(labels: Record<string, string>, route: RouteCounts): Sample[] {
  let below = 0;
  const buckets = route.buckets.map((count, index) => {
    below += count;
    return {
      suffix: "_bucket",
      labels: { ...labels, le: String(BUCKETS_SECONDS[index] ?? "+Inf") },
      value: below,
    };
  });
  const sum = { suffix: "_sum", labels, value: Math.round(route.sumSeconds * 1000) / 1000 };
  return [...buckets, sum, { suffix: "_count", labels, value: below }];
}
