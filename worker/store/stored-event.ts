import type { EventEnvelope, PublishedEvent } from "../../protocol/events/envelope.ts";

/** An event as it is stored: with its sequence number, and how often it was tried. */
export interface StoredEvent {
  seq: number;
  id: string;
  type: string;
  version: number;
  tenantId: string | null;
  subject: string;
  actor: string;
  correlationId: string;
  causationId: string | null;
  idempotencyKey: string;
  occurredAt: number;
  data: Record<string, unknown>;
  attempts: number;
}

interface RawEvent {
  seq: number;
  id: string;
  type: string;
  version: number;
  tenant_id: string | null;
  subject: string;
  actor: string;
  correlation_id: string;
  causation_id: string | null;
  idempotency_key: string;
  occurred_at: number;
  data: string;
  attempts: number;
}

export const EVENT_COLUMNS = `seq, id, type, version, tenant_id, subject, actor, correlation_id, causation_id,
  idempotency_key, occurred_at, data, attempts`;

export const eventFrom = (row: unknown): StoredEvent => {
  const raw = row as RawEvent;
  return {
    seq: raw.seq,
    id: raw.id,
    type: raw.type,
    version: raw.version,
    tenantId: raw.tenant_id,
    subject: raw.subject,
    actor: raw.actor,
    correlationId: raw.correlation_id,
    causationId: raw.causation_id,
    idempotencyKey: raw.idempotency_key,
    occurredAt: raw.occurred_at,
    data: JSON.parse(raw.data) as Record<string, unknown>,
    attempts: raw.attempts,
  };
};

const envelopeOf = (event: StoredEvent): EventEnvelope => ({
  id: event.id,
  type: event.type,
  version: event.version,
  tenant: event.tenantId,
  subject: event.subject,
  actor: event.actor,
  correlationId: event.correlationId,
  causationId: event.causationId,
  idempotencyKey: event.idempotencyKey,
  occurredAt: new Date(event.occurredAt).toISOString(),
  data: event.data,
});

/** The event as everybody outside sees it: in lists, in feeds, in the queue, in the archive. */
export const publishedOf = (event: StoredEvent): PublishedEvent => ({ seq: event.seq, ...envelopeOf(event) });
