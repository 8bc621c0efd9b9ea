import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { redeliver, settleDeadLetters } from "../../store/dead-letters.ts";
import { guardOne } from "../../store/rows.ts";
import { armShards, replayed } from "../shared/outbox.ts";
import { readDeadLetter, unsettled } from "./find.ts";
import { deadLetterExample, deadLetterJson, deadLetterParams, deadLetterSchema } from "./schema.ts";

const settledExample = {
  ...deadLetterExample,
  settledAt: "2026-11-21T10:10:00.000Z",
  settledBy: "platform-admin",
};

export const replayDeadLetter = defineRoute({
  method: "post",
  path: "/api/v1/dead-letters/{deadLetter}:replay",
  operationId: "replayDeadLetter",
  tag: "dead-letters",
  summary: "Replay a dead letter",
  description: "Its event is delivered again, with five new tries.",
  action: "dead-letter:replay",
  params: deadLetterParams,
  answers: {
    202: {
      description: "Its event will be delivered.",
      schema: deadLetterSchema,
      example: { ...settledExample, state: "replayed" },
    },
  },
  errors: ["KN-1203"],
  async handler(call) {
    const letter = unsettled(await readDeadLetter(call));
    if (letter.shard === null) throw new KubeNovaError("KN-1203", "Its event is no longer kept here.");
    await armShards(call.env, [{ shard: letter.shard }]);
    const db = directory(call.env);
    const how = { state: "replayed", now: call.now, by: call.principal.id } as const;
    const after = { ...letter, state: how.state, settledAt: how.now, settledBy: how.by };
    return call.commit({
      db,
      statements: [
        settleDeadLetters(db, JSON.stringify([letter.id]), how),
        guardOne(db),
        redeliver(db, JSON.stringify([letter.eventId])),
      ],
      events: replayed("dead-letters", [letter.eventSeq], letter.tenantId),
      answer: { status: 202, body: deadLetterJson(after) },
    });
  },
});

export const discardDeadLetter = defineRoute({
  method: "post",
  path: "/api/v1/dead-letters/{deadLetter}:discard",
  operationId: "discardDeadLetter",
  tag: "dead-letters",
  summary: "Discard a dead letter",
  description:
    "Its event will never be delivered. A cluster still gets the newest document with the next change.",
  action: "dead-letter:discard",
  params: deadLetterParams,
  answers: {
    200: {
      description: "The discarded dead letter.",
      schema: deadLetterSchema,
      example: { ...settledExample, state: "discarded" },
    },
  },
  async handler(call) {
    const letter = unsettled(await readDeadLetter(call));
    const db = directory(call.env);
    const how = { state: "discarded", now: call.now, by: call.principal.id } as const;
    const after = { ...letter, state: how.state, settledAt: how.now, settledBy: how.by };
    return call.commit({
      db,
      statements: [settleDeadLetters(db, JSON.stringify([letter.id]), how), guardOne(db)],
      events: [
        {
          type: "evt.outbox.discarded",
          tenantId: letter.tenantId,
          subject: `event/${letter.eventId}`,
          data: { deadLetterId: letter.id, eventSeq: letter.eventSeq, eventType: letter.eventType },
        },
      ],
      answer: { status: 200, body: deadLetterJson(after) },
    });
  },
});
