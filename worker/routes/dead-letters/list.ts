import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { type DeadLetter, listDeadLetters as listRows } from "../../store/dead-letters.ts";
import { DEFAULT_PAGE_SIZE } from "../../store/pages.ts";
import { limitTextSchema } from "../shared/limit.ts";
import { deadLetterExample, deadLetterJson, deadLetterPageSchema } from "./schema.ts";

const querySchema = z.strictObject({
  state: z
    .enum(["dead", "replayed", "discarded"])
    .optional()
    .meta({ examples: ["dead"] }),
  source: z
    .enum(["outbox", "queue"])
    .optional()
    .meta({ examples: ["outbox"] }),
  type: z
    .string()
    .max(64)
    .optional()
    .meta({ description: "Type of the event.", examples: ["evt.app.deleted"] }),
  cursor: z
    .string()
    .regex(idPattern("deadLetter"))
    .optional()
    .meta({ description: "`nextCursor` of the page before.", examples: [deadLetterExample.id] }),
  limit: limitTextSchema.optional(),
});

export const listDeadLetters = defineRoute({
  method: "get",
  path: "/api/v1/dead-letters",
  operationId: "listDeadLetters",
  tag: "dead-letters",
  summary: "List dead letters",
  description: "Events that could not be delivered in five tries, newest first.",
  action: "dead-letter:list",
  query: querySchema,
  answers: {
    200: {
      description: "A page of dead letters.",
      schema: deadLetterPageSchema,
      example: { items: [deadLetterExample], nextCursor: null },
    },
  },
  async handler(call) {
    await call.identify();
    call.authorize({});
    const { state, source, type, cursor } = call.query;
    const limit = call.query.limit ? Number(call.query.limit) : DEFAULT_PAGE_SIZE;
    const db = directory(call.env);
    const [found] = await call.read(db, [listRows(db, { state, source, type, after: cursor, limit })]);
    const rows = (found?.results ?? []) as unknown as DeadLetter[];
    const items = rows.slice(0, limit);
    const nextCursor = rows.length > limit ? (items.at(-1)?.id ?? null) : null;
    return { status: 200, body: { items: items.map(deadLetterJson), nextCursor } };
  },
});
