/** A small Prometheus registry: counters, gauges, histograms; text format 0.0.4. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  inc(labels?: Labels, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface Metrics {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** A gauge that is asked for its value when somebody scrapes. */
  gaugeOf(name: string, help: string, read: () => number): void;
  /** The same by label. */
  gaugesOf(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): void;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** The exposition, sorted by name. */
  text(): string;
}

/** A label with unbounded values would grow for ever: further series are dropped and counted. */
const MAX_SERIES = 2_000;

type Kind = "counter" | "gauge" | "histogram";
interface Family {
  kind: Kind;
  help: string;
  lines(name: string): string[];
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>();
  let dropped = 0;

  /** Asking twice for one name yields the same family, so that modules need not pass theirs around. */
  const register = <T extends Family>(name: string, kind: Kind, make: () => T): T => {
    const held = families.get(name);
    if (held && held.kind !== kind) throw new Error(`metric ${name} is a ${held.kind}`);
    if (held) return held as T;
    const made = make();
    families.set(name, made);
    return made;
  };
  const onDrop = () => {
    dropped += 1;
  };
  const metrics: Metrics = {
    counter: (name, help) => register(name, "counter", () => valueFamily("counter", help, onDrop)),
    gauge: (name, help) => register(name, "gauge", () => valueFamily("gauge", help, onDrop)),
    gaugeOf(name, help, read) {
      families.set(name, { kind: "gauge", help, lines: (shown) => [`${shown} ${number(read())}`] });
    },
    gaugesOf(name, help, read) {
      const lines = (shown: string) =>
        [...read()].map(([labels, value]) => `${shown}${labelText(labels)} ${number(value)}`);
      families.set(name, { kind: "gauge", help, lines });
    },
    histogram: (name, help, buckets) =>
      register(name, "histogram", () => histogramFamily(help, buckets, onDrop)),
    text() {
      const names = [...families.keys()].sort();
      const parts = names.flatMap((name) => {
        const family = families.get(name) as Family;
        return [`# HELP ${name} ${family.help}`, `# TYPE ${name} ${family.kind}`, ...family.lines(name)];
      });
      return `${parts.join("\n")}\n`;
    },
  };
  metrics.gaugeOf("kubenova_agent_metric_series_dropped", "Series over the bound of a metric", () => dropped);
  return metrics;
}

function valueFamily(kind: "counter" | "gauge", help: string, onDrop: () => void): Family & Counter & Gauge {
  const values = new Map<string, number>();
  const put = (labels: Labels, next: (held: number) => number) => {
    const key = labelText(labels);
    if (!values.has(key) && values.size >= MAX_SERIES) return onDrop();
    values.set(key, next(values.get(key) ?? 0));
  };
  return {
    kind,
    help,
    inc: (labels = {}, by = 1) => put(labels, (held) => held + by),
    set: (value, labels = {}) => put(labels, () => value),
    lines: (name) => [...values].map(([labels, value]) => `${name}${labels} ${number(value)}`),
  };
}

function histogramFamily(help: string, buckets: readonly number[], onDrop: () => void): Family & Histogram {
  const series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>();
  return {
    kind: "histogram",
    help,
    observe(value, labels = {}) {
      const key = labelText(labels);
      const held = series.get(key);
      if (!held && series.size >= MAX_SERIES) return onDrop();
      const one = held ?? { labels, counts: buckets.map(() => 0), sum: 0, count: 0 };
      series.set(key, one);
      one.sum += value;
      one.count += 1;
      buckets.forEach((bound, i) => {
        if (value <= bound) one.counts[i] = (one.counts[i] ?? 0) + 1;
      });
    },
    lines: (name) =>
      [...series].flatMap(([text, one]) => [
        ...buckets.map(
          (bound, i) => `${name}_bucket${labelText({ ...one.labels, le: String(bound) })} ${one.counts[i]}`,
        ),
        `${name}_bucket${labelText({ ...one.labels, le: "+Inf" })} ${one.count}`,
        `${name}_sum${text} ${number(one.sum)}`,
        `${name}_count${text} ${one.count}`,
      ]),
  };
}

function labelText(labels: Labels): string {
  const parts = Object.keys(labels)
    .sort()
    .map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

const escapeLabel = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const number = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
