/** Where in which trace something happens: W3C Trace Context, level 1. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  spanId: string;
  /** Whoever began the trace wants it recorded. */
  sampled: boolean;
}

/** 55 characters; what a frame or an annotation may hold. */
export const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A later version may have more behind the flags; `ff` is none. */
const ANY_VERSION = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/** The context of a `traceparent` header; undefined where it is none, so that a trace begins anew. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  const match = text && text.length <= 512 ? ANY_VERSION.exec(text.trim()) : null;
  if (!match) return undefined;
  const [, version, traceId = "", spanId = "", flags = "00", more] = match;
  if (version === "00" && more !== undefined) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
