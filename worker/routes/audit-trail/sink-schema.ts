import { z } from "zod";
import { SINK_FORMATS } from "../../../domain/audit/sinks.ts";
import type { SinkState } from "../../../durable-objects/rpc.ts";
import type { AuditSink } from "../../store/audit-sinks.ts";
import { timeSchema } from "../shared/catalogue.ts";

const settings = {
  url: z
    .string()
    .max(2_048)
    .meta({ description: "Receives the entries by POST; see docs/outbound.md for what is refused." }),
  format: z.enum(SINK_FORMATS),
  personal: z.boolean().meta({
    description: "Whether network addresses go along, readable: what has left cannot be forgotten.",
  }),
};

export const putSinkSchema = z
  .strictObject({
    ...settings,
    personal: settings.personal.optional(),
    token: z
      .string()
      .min(1)
      .max(4_096)
      .regex(/^[\x21-\x7e]+$/, "printable ASCII without blanks")
      .nullable()
      .optional()
      .meta({
        description:
          "Sent with each request, never shown. Absent: as before, at the same origin alone; null: none.",
      }),
    from: z
      .enum(["now", "beginning"])
      .optional()
      .meta({ description: "Where a new stream begins; `now` where absent." }),
  })
  .meta({ id: "AuditSinkWrite" });

export const sinkSchema = z
  .object({
    ...settings,
    hasToken: z.boolean(),
    updatedAt: timeSchema,
    delivered: z.int().meta({ description: "Index of the next entry that is sent." }),
    waiting: z.int().meta({ description: "Entries that the receiver has not taken yet." }),
    failures: z.int().meta({ description: "In a row." }),
    nextAttemptAt: timeSchema.nullable().meta({ description: "Where it fails." }),
    lastError: z.string().nullable(),
    lastDeliveredAt: timeSchema.nullable(),
  })
  .meta({ id: "AuditSink" });

export const sinkWriteExample = {
  url: "https://siem.example.com/services/collector/event",
  format: "splunk-hec" as const,
  token: "00000000-0000-0000-0000-000000000000",
  from: "beginning" as const,
};

export const sinkExample = {
  url: sinkWriteExample.url,
  format: sinkWriteExample.format,
  personal: false,
  hasToken: true,
  updatedAt: "2026-11-21T10:00:00.000Z",
  delivered: 41,
  waiting: 0,
  failures: 0,
  nextAttemptAt: null,
  lastError: null,
  lastDeliveredAt: "2026-11-21T10:00:02.000Z",
};

const timeOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** @param state null where the log's object has not looked at it yet */
export const sinkJson = (sink: AuditSink, state: SinkState | null) => ({
  url: sink.url,
  format: sink.format,
  personal: sink.personal,
  hasToken: sink.token !== null,
  updatedAt: new Date(sink.updatedAt).toISOString(),
  delivered: state?.delivered ?? sink.fromIndex,
  waiting: state?.waiting ?? 0,
  failures: state?.failures ?? 0,
  nextAttemptAt: state && state.failures > 0 ? timeOf(state.nextAt) : null,
  lastError: state?.lastError ?? null,
  lastDeliveredAt: timeOf(state?.deliveredAt ?? null),
});
