import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { deadLettersSince, MAX_REPLAY, redeliver, settleDeadLetters } from "../../store/dead-letters.ts";
import { replayAnswerSchema, replayFrom, replayFromSchema } from "../events/schema.ts";
import { armShards, replayed } from "../shared/outbox.ts";

interface Found {
  id: string;
  eventId: string;
  eventSeq: number;
  shard: number;
}

export const replayDeadLetters = defineRoute({
  method: "post",
  path: "/api/v1/dead-letters:replay",
  operationId: "replayDeadLetters",
  tag: "dead-letters",
  summary: "Replay dead letters from an offset or a time on",
  description: `All that are dead and whose events are still kept, ${MAX_REPLAY} at a time. \`since\` is the time at which they died.`,
  action: "dead-letter:replay",
  body: { schema: replayFromSchema.meta({ id: "ReplayFrom" }), example: { since: "2026-11-21T10:00:00Z" } },
  answers: {
    202: {
      description: "Their events will be delivered.",
      schema: replayAnswerSchema,
      example: { replayed: 3, nextSeq: null },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [deadLettersSince(db, replayFrom(call.body))]);
    call.authorize({});
    const letters = (found?.results ?? []) as unknown as Found[];
    await armShards(call.env, letters);
    const how = { state: "replayed", now: call.now, by: call.principal.id } as const;
    const statements = [
      settleDeadLetters(db, JSON.stringify(letters.map(({ id }) => id)), how),
      redeliver(db, JSON.stringify(letters.map(({ eventId }) => eventId))),
    ];
    const last = letters.length === MAX_REPLAY ? letters.at(-1) : undefined;
    return call.commit({
      db,
      statements: letters.length > 0 ? statements : [],
      events: replayed(
        "dead-letters",
        letters.map(({ eventSeq }) => eventSeq),
        null,
      ),
      answer: { status: 202, body: { replayed: letters.length, nextSeq: last ? last.eventSeq : null } },
    });
  },
});
