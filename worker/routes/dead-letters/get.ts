import { defineRoute } from "../../routing/define.ts";
import { readDeadLetter } from "./find.ts";
import { deadLetterExample, deadLetterJson, deadLetterParams, deadLetterSchema } from "./schema.ts";

export const getDeadLetter = defineRoute({
  method: "get",
  path: "/api/v1/dead-letters/{deadLetter}",
  operationId: "getDeadLetter",
  tag: "dead-letters",
  summary: "Get a dead letter",
  action: "dead-letter:get",
  params: deadLetterParams,
  answers: { 200: { description: "The dead letter.", schema: deadLetterSchema, example: deadLetterExample } },
  handler: async (call) => ({ status: 200, body: deadLetterJson(await readDeadLetter(call)) }),
});
