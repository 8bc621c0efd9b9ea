import { defineRoute } from "../../routing/define.ts";
import { revokeKey as revoke } from "./change.ts";
import { KEY_HOMES } from "./homes.ts";
import { readKey } from "./read.ts";
import { keyExample, keySchema } from "./schema.ts";

export const revokeKey = KEY_HOMES.map((home) =>
  defineRoute({
    method: "delete",
    path: `${home.path}/{key}`,
    operationId: `revoke${home.infix}Key`,
    tag: "api-keys",
    summary: `Revoke an API key of ${home.of}`,
    description: "Both its secrets are refused from the next request on.",
    action: home.action("delete"),
    params: home.itemParams,
    answers: {
      200: {
        description: "The key as it is now.",
        schema: keySchema,
        example: { ...keyExample, state: "revoked", revokedAt: "2026-11-21T11:00:00.000Z" },
      },
    },
    errors: ["KN-1135"],
    async handler(call) {
      return revoke(call, (await readKey(call, home)).key);
    },
  }),
);
