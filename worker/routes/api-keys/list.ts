import { z } from "zod";
import { limitsOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { keyPage, listKeys as listRows } from "../../store/api-keys.ts";
import { directory } from "../../store/database.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { KEY_HOMES } from "./homes.ts";
import { keyExample, keyJson, keyPageSchema } from "./schema.ts";

export const listKeys = KEY_HOMES.map((home) =>
  defineRoute({
    method: "get",
    path: home.path,
    operationId: `list${home.infix}Keys`,
    tag: "api-keys",
    summary: `List the API keys of ${home.of}`,
    description:
      "Without their secrets. What is good for one tenant alone sees the keys for that tenant. 30 days after its end a key is forgotten.",
    action: home.action("list"),
    params: home.params,
    query: z.strictObject(idPageFields),
    answers: {
      200: {
        description: "A page of keys, in the order of their making.",
        schema: keyPageSchema,
        example: { items: [keyExample], nextCursor: null },
      },
    },
    errors: ["KN-1006", "KN-1135"],
    async handler(call) {
      const { owner } = await home.open(call);
      const db = directory(call.env);
      const query = idPageOf(call.query);
      const [rows] = await call.look(db, [listRows(db, owner, limitsOf(call.principal).tenantId, query)]);
      const { items, nextCursor } = keyPage(rows?.results ?? [], query);
      return { status: 200, body: { items: items.map((key) => keyJson(key, call.now)), nextCursor } };
    },
  }),
);
