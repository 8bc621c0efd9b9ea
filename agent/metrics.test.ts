import { expect, it } from "vitest";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";

it("metrics are printed in Prometheus' text format, labels escaped", () => {
  const metrics = createMetrics();
  metrics.counter("a_total", "A").inc({ code: '2"0\n0' });
  metrics.counter("a_total", "A").inc({ code: '2"0\n0' }, 2);
  metrics.gauge("b", "B").set(1.5);
  const seconds = metrics.histogram("c_seconds", "C", [0.1, 1]);
  seconds.observe(0.05);
  seconds.observe(5);
  expect(metrics.text()).toContain(
    [
      "# HELP a_total A",
      "# TYPE a_total counter",
      'a_total{code="2\\"0\\n0"} 3',
      "# HELP b B",
      "# TYPE b gauge",
      "b 1.5",
      "# HELP c_seconds C",
      "# TYPE c_seconds histogram",
      'c_seconds_bucket{le="0.1"} 1',
      'c_seconds_bucket{le="1"} 1',
      'c_seconds_bucket{le="+Inf"} 2',
      "c_seconds_sum 5.05",
      "c_seconds_count 2",
    ].join("\n"),
  );
});

it("a label without bounds does not grow for ever", () => {
  const metrics = createMetrics();
  const counter = metrics.counter("x_total", "X");
  for (let i = 0; i < 3_000; i += 1) counter.inc({ i: String(i) });
  expect(metrics.text().match(/^x_total/gm)).toHaveLength(2_000);
  expect(metrics.text()).toContain("kubenova_agent_metric_series_dropped 1000");
});

it("a log line is one JSON object, and never holds what is named like a secret", () => {
  const lines: string[] = [];
  const log = createLogger({ level: "info", write: (line) => lines.push(line), now: () => 0 });
  log.debug("below the level");
  log
    .with({ correlationId: "c" })
    .info("hello", { joinToken: "x", error: new Error("boom", { cause: new Error("why") }) });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      time: "1970-01-01T00:00:00.000Z",
      level: "info",
      message: "hello",
      correlationId: "c",
      joinToken: "[redacted]",
      error: "boom: why",
    },
  ]);
});

it("gauges by label are asked for when somebody looks", () => {
  const metrics = createMetrics();
  let value = 1;
  metrics.gaugesOf("g", "G", () => [[{ state: "a" }, value]]);
  value = 2;
  expect(metrics.text()).toContain('# TYPE g gauge\ng{state="a"} 2\n');
});
