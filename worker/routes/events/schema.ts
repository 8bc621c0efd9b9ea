import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { publishedEventSchema } from "../../../protocol/events/envelope.ts";
import type { EventFilter } from "../../../protocol/events/filter.ts";
import { limitTextSchema } from "../shared/limit.ts";
import { pageOf } from "../shared/paging.ts";

export const eventSchema = publishedEventSchema.meta({ id: "Event" });
export const eventPageSchema = pageOf(eventSchema).meta({ id: "EventPage" });

export const eventExample = {
  seq: 42,
  id: "evt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  type: "evt.app.created",
  version: 1,
  tenant: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  subject: "app/app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  actor: "platform-admin",
  correlationId: "req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  causationId: null,
  idempotencyKey: "evt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  occurredAt: "2026-11-21T10:00:00.000Z",
  data: {
    before: null,
    after: {
      id: "app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      name: "web",
      displayName: null,
      labels: {},
      version: 1,
      projectId: "prj_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      revisionId: "rev_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
      revisionNumber: 1,
    },
  },
};

/** A sequence number in a query. */
export const seqTextSchema = z.string().regex(/^[0-9]{1,15}$/, "a sequence number");

const timeTextSchema = z.iso.datetime({ offset: true });

/** Query of the list and of the feed. */
export const eventQuerySchema = z
  .strictObject({
    tenant: nameSchema.optional().meta({ description: "Only events of this tenant.", examples: ["acme"] }),
    project: nameSchema
      .optional()
      .meta({ description: "Only events of this project of the tenant.", examples: ["shop"] }),
    type: z
      .string()
      .max(64)
      .regex(/^evt(\.[a-z][a-z-]*)*$/, "an event type, or its beginning up to a dot")
      .optional()
      .meta({ description: "A type, or its beginning: `evt.deploy`.", examples: ["evt.deploy"] }),
    subject: z
      .string()
      .max(96)
      .regex(/^[a-z]+\/[A-Za-z0-9_]+$/, "kind/id")
      .optional()
      .meta({ examples: ["app/app_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
    actor: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .meta({ examples: ["platform-admin"] }),
    correlationId: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .meta({ examples: ["req_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
    since: timeTextSchema.optional().meta({ examples: ["2026-11-21T00:00:00Z"] }),
    until: timeTextSchema
      .optional()
      .meta({ description: "Not included.", examples: ["2026-11-22T00:00:00Z"] }),
    order: z
      .enum(["asc", "desc"])
      .optional()
      .meta({ description: "By sequence number; `asc` where absent.", examples: ["asc"] }),
    cursor: seqTextSchema.optional().meta({
      description:
        "A sequence number: only events after it (before it where `desc`). `nextCursor` of the page before is one.",
      examples: ["41"],
    }),
    limit: limitTextSchema.optional(),
  })
  .refine((query) => query.project === undefined || query.tenant !== undefined, {
    path: ["project"],
    message: "needs a tenant",
  });
export type EventQuery = z.output<typeof eventQuerySchema>;

/** @param scope ids of the tenant and project that the query names */
export const filterOf = (
  query: EventQuery,
  scope: { tenantId?: string; projectId?: string },
): EventFilter => ({
  ...scope,
  type: query.type,
  subject: query.subject,
  actor: query.actor,
  correlationId: query.correlationId,
  since: query.since === undefined ? undefined : Date.parse(query.since),
  until: query.until === undefined ? undefined : Date.parse(query.until),
});

export const eventParams = z.strictObject({
  event: z
    .string()
    .regex(idPattern("event"))
    .meta({ examples: [eventExample.id] }),
});

/** Body of each replay: from an offset, from a time, or both. */
export const replayFromSchema = z
  .strictObject({
    fromSeq: z.int().min(1).optional().meta({ description: "Sequence number of the first event." }),
    since: timeTextSchema.optional().meta({ description: "Time of the first event." }),
  })
  .refine((body) => body.fromSeq !== undefined || body.since !== undefined, "give fromSeq or since");

export const replayFrom = (body: { fromSeq?: number | undefined; since?: string | undefined }) => ({
  seq: body.fromSeq ?? 0,
  since: body.since === undefined ? 0 : Date.parse(body.since),
});

export const replayAnswerSchema = z
  .object({
    replayed: z.int().meta({ description: "How many will be delivered again." }),
    nextSeq: z
      .int()
      .nullable()
      .meta({ description: "Where to go on, as `fromSeq`; null where none is left." }),
  })
  .meta({ id: "Replay" });
