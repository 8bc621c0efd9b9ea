import { z } from "zod";
import { idPattern } from "../../domain/ids/index.ts";

/** What every event carries. Order is the commit's: `seq` is given by the database, and so is not in the envelope that is stored. */
export const envelopeSchema = z.strictObject({
  id: z.string().regex(idPattern("event")),
  type: z.string().regex(/^evt(\.[a-z][a-z-]*)+$/),
  version: z.int().min(1),
  /** Tenant id; null for what belongs to the platform. */
  tenant: z.string().regex(idPattern("tenant")).nullable(),
  /** `<kind>/<id>` of what changed. */
  subject: z.string().min(5).max(96),
  actor: z.string().min(1).max(128),
  correlationId: z.string().min(1).max(128),
  /** Id of the event that led to this one. */
  causationId: z.string().max(64).nullable(),
  idempotencyKey: z.string().min(1).max(128),
  occurredAt: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()),
});
export type EventEnvelope = z.infer<typeof envelopeSchema>;

/**
 * An event as it goes outside: with the sequence number of its commit, which observers order by. Where the data is too
 * large for a message, `data` is empty and `dataRef` is the path at which the API has the event whole.
 */
export const publishedEventSchema = envelopeSchema.extend({
  seq: z.int().min(1),
  dataRef: z.string().optional(),
});
export type PublishedEvent = z.infer<typeof publishedEventSchema>;
