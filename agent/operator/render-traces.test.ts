import { expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { Span } from "../../domain/trace/otlp.ts";
import { createAdmission } from "../tracing/admission.ts";
import { createTracer } from "../tracing/tracer.ts";
import { createRenderTraces } from "./render-traces.ts";
import type { Resource } from "./resources.ts";

const change = (n: number): Resource =>
  ({
    kind: "NovaApp",
    metadata: {
      name: "web",
      namespace: "ns",
      annotations: { [ANNOTATION.traceparent]: `00-${String(n).repeat(32)}-${"b".repeat(16)}-01` },
    },
  }) as unknown as Resource;

function setUp() {
  const spans: Span[] = [];
  let now = 0;
  const traces = createRenderTraces(
    createTracer(
      (span) => spans.push(span),
      () => now,
      createAdmission(() => now),
    ),
    () => now,
  );
  const pass = (ms: number) => {
    now += ms;
  };
  return { spans, traces, pass };
}

it("a change is one span, however often it is looked at before its graph is written, and none afterwards", () => {
  const { spans, traces, pass } = setUp();
  const first = traces.of(change(1));
  pass(1_500);
  expect(traces.of(change(1))).toBe(first);
  traces.rendered(change(1));
  expect(spans).toMatchObject([{ name: "render NovaApp web", startMs: 0, endMs: 1_500 }]);
  expect(traces.of(change(1))).toBeUndefined();
  traces.rendered(change(1));
  expect(spans).toHaveLength(1);
  expect(traces.of(change(2))?.traceparent).toContain("2222");
});

it("what is written long after its change, or has no trace, is not traced", () => {
  const { spans, traces, pass } = setUp();
  traces.of(change(1));
  pass(600_001);
  expect(traces.of(change(1))).toBeUndefined();
  expect(
    traces.of({ kind: "NovaApp", metadata: { name: "web", namespace: "ns" } } as Resource),
  ).toBeUndefined();
  expect(spans).toEqual([]);
});
