import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import type { DeadLetter } from "../../store/dead-letters.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";

export const deadLetterSchema = z
  .object({
    id: z.string().regex(idPattern("deadLetter")),
    source: z.enum(["outbox", "queue"]).meta({
      description: "Where it died: on the way to its owner, or in the queue to the outside.",
    }),
    state: z.enum(["dead", "replayed", "discarded"]),
    eventId: z.string(),
    eventSeq: z.int(),
    eventType: z.string(),
    tenant: z.string().nullable(),
    reason: z.string(),
    attempts: z.int(),
    createdAt: timeSchema,
    settledAt: timeSchema.optional(),
    settledBy: z.string().optional(),
  })
  .meta({ id: "DeadLetter" });

export const deadLetterPageSchema = pageOf(deadLetterSchema).meta({ id: "DeadLetterPage" });

export const deadLetterJson = (row: DeadLetter) => ({
  id: row.id,
  source: row.source,
  state: row.state,
  eventId: row.eventId,
  eventSeq: row.eventSeq,
  eventType: row.eventType,
  tenant: row.tenantId,
  reason: row.reason,
  attempts: row.attempts,
  createdAt: iso(row.createdAt),
  ...(row.settledAt === null ? {} : { settledAt: iso(row.settledAt) }),
  ...(row.settledBy === null ? {} : { settledBy: row.settledBy }),
});

export const deadLetterExample = {
  id: "dlt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  source: "outbox",
  state: "dead",
  eventId: "evt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  eventSeq: 42,
  eventType: "evt.deploy.requested",
  tenant: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  reason: "the cluster's object does not answer",
  attempts: 5,
  createdAt: "2026-11-21T10:05:00.000Z",
};

export const deadLetterParams = z.strictObject({
  deadLetter: z
    .string()
    .regex(idPattern("deadLetter"))
    .meta({ examples: [deadLetterExample.id] }),
});
