import { z } from "zod";
import { EVENTS, type EventType } from "../../../protocol/events/catalogue.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { MAX_REPLAY, redeliver } from "../../store/dead-letters.ts";
import { selectForReplay } from "../../store/event-queries.ts";
import { armShards, replayed } from "../shared/outbox.ts";
import { replayAnswerSchema, replayFrom, replayFromSchema } from "./schema.ts";

const TYPES = Object.keys(EVENTS) as [EventType, ...EventType[]];

export const replayEvents = defineRoute({
  method: "post",
  path: "/api/v1/events:replay",
  operationId: "replayEvents",
  tag: "events",
  summary: "Deliver events again",
  description: `From an offset or a time on, ${MAX_REPLAY} at a time. Every consumer is idempotent, so nothing happens twice: clusters hold the newest document, and others know an event by its id.`,
  action: "event:replay",
  body: {
    schema: replayFromSchema
      .safeExtend({ types: z.array(z.enum(TYPES)).min(1).max(TYPES.length).optional() })
      .meta({ id: "ReplayEvents" }),
    example: { fromSeq: 40, types: ["evt.deploy.requested"] },
  },
  answers: {
    202: {
      description: "They will be delivered.",
      schema: replayAnswerSchema,
      example: { replayed: 3, nextSeq: null },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const from = { ...replayFrom(call.body), types: call.body.types };
    const [found] = await call.read(db, [selectForReplay(db, from, MAX_REPLAY + 1)]);
    call.authorize({});
    const rows = (found?.results ?? []) as { id: string; seq: number; shard: number }[];
    const chosen = rows.slice(0, MAX_REPLAY);
    await armShards(call.env, chosen);
    return call.commit({
      db,
      statements: chosen.length > 0 ? [redeliver(db, JSON.stringify(chosen.map(({ id }) => id)))] : [],
      events: replayed(
        "events",
        chosen.map(({ seq }) => seq),
        null,
      ),
      answer: { status: 202, body: { replayed: chosen.length, nextSeq: rows[MAX_REPLAY]?.seq ?? null } },
    });
  },
});
