import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traceTarget } from "./config.ts";
import { formatTraceparent, parseTraceparent } from "./context.ts";
import { otlpRequest, type Span } from "./otlp.ts";
import { MAX_BATCH_SPANS, MAX_WAITING_SPANS, SpanQueue } from "./queue.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("a traceparent", () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`cc-${traceId}-${spanId}-01-what-the-future-has`, true],
  ])("%s is taken", (text, sampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId, spanId, sampled });
  });

  it.each([
    "",
    "junk",
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01\nx: y`,
    `cc-${traceId}-${spanId}-01-${"x".repeat(600)}`,
  ])("%j is none", (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it("says the same after a way through text", () => {
    const hex = (length: number) =>
      fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text));
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
        const context = { traceId: trace, spanId: span, sampled };
        expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
      }),
    );
  });
});

const span = (more: Partial<Span> = {}): Span => ({
  ...{ traceId, spanId, name: "apply", kind: "client" },
  ...{ startMs: 1_795_000_000_000.25, endMs: 1_795_000_000_001, attributes: {} },
  ...more,
});

describe("spans in OTLP's JSON", () => {
  it("have hex ids, texts of nanoseconds, typed attributes, and a status where they failed", () => {
    const attributes = { a: "x", n: 3, f: 0.5, b: true, none: undefined };
    const request = otlpRequest({ "service.name": "s" }, { name: "kubenova", version: "1" }, [
      span({ parentSpanId: "b".repeat(16), attributes, error: "denied" }),
    ]);
    expect(request.resourceSpans[0]?.resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "s" } },
    ]);
    expect(request.resourceSpans[0]?.scopeSpans[0]?.spans[0]).toEqual({
      ...{ traceId, spanId, parentSpanId: "b".repeat(16), name: "apply", kind: 3 },
      startTimeUnixNano: "1795000000000250000",
      endTimeUnixNano: "1795000000001000000",
      attributes: [
        { key: "a", value: { stringValue: "x" } },
        { key: "n", value: { intValue: "3" } },
        { key: "f", value: { doubleValue: 0.5 } },
        { key: "b", value: { boolValue: true } },
      ],
      status: { code: 2, message: "denied" },
    });
  });

  it("never end before they began", () => {
    const { spans } = otlpRequest({}, { name: "k", version: "1" }, [span({ endMs: 5 })]).resourceSpans[0]
      ?.scopeSpans[0] ?? { spans: [] };
    expect(spans[0]?.endTimeUnixNano).toBe(spans[0]?.startTimeUnixNano);
  });
});

it("spans beyond the queue's room are dropped and counted; batches are bounded", () => {
  const queue = new SpanQueue();
  for (let i = 0; i < MAX_WAITING_SPANS + 7; i += 1) queue.add(span());
  expect(queue.take()).toHaveLength(MAX_BATCH_SPANS);
  queue.lost(queue.take());
  expect([queue.takeDropped(), queue.takeDropped()]).toEqual([7 + MAX_BATCH_SPANS, 0]);
  expect(queue.size).toBe(MAX_WAITING_SPANS - 2 * MAX_BATCH_SPANS);
});

describe("where spans go", () => {
  it("is nowhere without an endpoint", () => {
    expect(traceTarget(undefined, "a=b")).toBeUndefined();
    expect(traceTarget(" ", undefined)).toBeUndefined();
  });

  it("is the endpoint's /v1/traces, with percent-encoded headers", () => {
    expect(traceTarget("https://otel.example.com/base/", "api-key=a%20b%3D, x-team=shop")).toEqual({
      url: "https://otel.example.com/base/v1/traces",
      headers: { "api-key": "a b=", "x-team": "shop" },
    });
  });

  it.each([
    ["otel.example.com", undefined],
    ["ftp://otel.example.com", undefined],
    ["https://user:secret@otel.example.com", undefined],
    ["https://otel.example.com?key=secret", undefined],
    ["https://otel.example.com", "secret"],
    ["https://otel.example.com", "bad name=secret"],
    ["https://otel.example.com", "a=secret%0d%0ax: y"],
    ["https://otel.example.com", "a=secret%"],
  ])("is refused for %s %s, without saying a value", (endpoint, headers) => {
    expect(() => traceTarget(endpoint, headers)).toThrow(/^OTEL_EXPORTER_OTLP_(?!.*secret)/);
  });
});
