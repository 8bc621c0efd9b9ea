import { defineRoute } from "../../routing/define.ts";
import { KEY_HOMES } from "./homes.ts";
import { readKey } from "./read.ts";
import { keyExample, keyJson, keySchema } from "./schema.ts";

export const getKey = KEY_HOMES.map((home) =>
  defineRoute({
    method: "get",
    path: `${home.path}/{key}`,
    operationId: `get${home.infix}Key`,
    tag: "api-keys",
    summary: `Get an API key of ${home.of}`,
    action: home.action("get"),
    params: home.itemParams,
    answers: { 200: { description: "The key, without its secret.", schema: keySchema, example: keyExample } },
    errors: ["KN-1135"],
    async handler(call) {
      return { status: 200, body: keyJson((await readKey(call, home)).key, call.now) };
    },
  }),
);
