/** Of OTLP: internal 1, server 2, client 3, producer 4, consumer 5. */
export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = keyof typeof SPAN_KIND;

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** One piece of work that has ended. Times in milliseconds since 1970; they may have fractions. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: SpanKind;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  /** Why it failed. */
  error?: string;
}

const MAX_TEXT = 1024;
const STATUS_ERROR = 2;

/** Body of `POST /v1/traces`: OTLP's JSON encoding, in which ids are hex and 64-bit integers are texts. */
export const otlpRequest = (
  resource: Attributes,
  scope: { name: string; version: string },
  spans: readonly Span[],
) => ({
  resourceSpans: [
    { resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope, spans: spans.map(spanOf) }] },
  ],
});

const spanOf = (span: Span) => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
  name: span.name.slice(0, MAX_TEXT),
  kind: SPAN_KIND[span.kind],
  startTimeUnixNano: nanoseconds(span.startMs),
  endTimeUnixNano: nanoseconds(Math.max(span.startMs, span.endMs)),
  attributes: attributesOf(span.attributes),
  status: span.error === undefined ? {} : { code: STATUS_ERROR, message: span.error.slice(0, MAX_TEXT) },
});

/** A double holds today's milliseconds to the microsecond, and not its nanoseconds. */
const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`;

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: otlpValue(value) }],
  );

function otlpValue(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value.slice(0, MAX_TEXT) };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
