import { defineRoute } from "../../routing/define.ts";
import { rotateKey as rotate } from "./change.ts";
import { KEY_HOMES } from "./homes.ts";
import { pathOf, readKey } from "./read.ts";
import { newKeyExample, newKeySchema, rotateKeySchema } from "./schema.ts";

export const rotateKey = KEY_HOMES.map((home) =>
  defineRoute({
    method: "post",
    path: `${home.path}/{key}:rotate`,
    operationId: `rotate${home.infix}Key`,
    tag: "api-keys",
    summary: `Give an API key of ${home.of} a new secret`,
    description:
      "Shown in this answer alone. The former secret is good until the overlap is over; the key's time begins anew.",
    action: home.action("rotate"),
    params: home.itemParams,
    body: { schema: rotateKeySchema, example: { overlapHours: 24 } },
    answers: {
      200: {
        description: "The key with its new secret.",
        schema: newKeySchema,
        example: { ...newKeyExample, formerSecretUntil: "2026-11-22T10:00:00.000Z" },
      },
    },
    errors: ["KN-1130", "KN-1135", "KN-1304"],
    async handler(call) {
      const { owner, key } = await readKey(call, home);
      return rotate(call, owner, key, call.body, pathOf(home, call));
    },
  }),
);
