import type { DesiredDocument } from "../../domain/desired/index.ts";

/** Changes whose delivery is under way in this isolate: far more than there ever are. */
const MAX_CARRIED = 1_000;

/**
 * Trace contexts of changes that are being delivered, by correlation id: which change a document comes from is said by
 * that alone. In memory: what the outbox delivers after a crash is not traced, and delivered all the same.
 */
const carried = new Map<string, string>();

/** Documents of this change carry the context while the work goes on. */
export async function carryTrace<T>(
  correlationId: string,
  traceparent: string,
  work: () => Promise<T>,
): Promise<T> {
  const [oldest] = carried.keys();
  if (carried.size >= MAX_CARRIED && oldest !== undefined) carried.delete(oldest);
  carried.set(correlationId, traceparent);
  try {
    return await work();
  } finally {
    if (carried.get(correlationId) === traceparent) carried.delete(correlationId);
  }
}

/** The document with the context of its change, where there is one. */
export function withTrace(document: DesiredDocument): DesiredDocument {
  const traceparent = carried.get(document.correlationId);
  return traceparent === undefined ? document : { ...document, traceparent };
}
