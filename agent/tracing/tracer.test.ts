import { describe, expect, it } from "vitest";
import type { Span } from "../../domain/trace/otlp.ts";
import { createAdmission } from "./admission.ts";
import { createTracer } from "./tracer.ts";

function setUp() {
  const spans: Span[] = [];
  let now = 0;
  const tracer = createTracer(
    (span) => spans.push(span),
    () => now,
    createAdmission(() => now),
  );
  const start = (n: number, namespace: string) =>
    tracer.start("render", `00-${n.toString(16).padStart(32, "0")}-${"b".repeat(16)}-01`, {
      "k8s.namespace.name": namespace,
    });
  const pass = (ms: number) => {
    now += ms;
  };
  return {
    spans,
    start,
    pass,
    traced: (from: number, count: number, namespace: string) =>
      Array.from({ length: count }, (_, n) => start(from + n, namespace)).filter(Boolean).length,
  };
}

describe("traces that resources bring along", () => {
  it("are bounded a namespace, and leave another's room", () => {
    const { pass, traced } = setUp();
    expect(traced(1, 10_000, "flooding")).toBe(100);
    expect(traced(20_001, 1, "quiet")).toBe(1);
    pass(2_000);
    expect(traced(30_001, 10_000, "flooding")).toBe(10);
  });

  it("are bounded together, however many namespaces they come from", () => {
    const { start } = setUp();
    const all = Array.from({ length: 5_000 }, (_, n) => start(n + 1, `ns-${n % 100}`));
    expect(all.filter(Boolean)).toHaveLength(500);
  });

  it("go on once they are under way, though the namespace has begun too many since", () => {
    const { start, traced } = setUp();
    expect(start(1, "flooding")).toBeDefined();
    traced(2, 500, "flooding");
    expect(start(1, "flooding")).toBeDefined();
  });

  it("end with a bounded number of spans, however much one causes", () => {
    const { spans, start } = setUp();
    const whole = start(1, "large");
    for (let n = 0; n < 10_000; n += 1) whole?.child("apply").end();
    whole?.end();
    expect(spans).toHaveLength(4_096);
  });
});
