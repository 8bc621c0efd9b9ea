import type { Route } from "../../routing/define.ts";
import { defineRoute } from "../../routing/define.ts";
import { auditStub } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "./place.ts";
import { auditQuerySchema, entriesJson, entryExample, entryPageSchema, queryOf } from "./schema.ts";

export const listAudit = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: place.path as `/${string}`,
    operationId: `list${place.suffix}Audit`,
    tag: "audit",
    summary: `Search ${place.whose} audit log`,
    description:
      "The newest first. A page may be shorter than `limit`, even empty, and still have a `nextCursor`: one request looks at 20,000 entries at most.",
    action: `${place.kind}:list`,
    ...paramsAt(place),
    query: auditQuerySchema,
    answers: {
      200: {
        description: "A page of entries.",
        schema: entryPageSchema,
        example: { items: [entryExample], nextCursor: null },
      },
    },
    async handler(call) {
      const { log } = await readLog(call);
      const { items, next } = await auditStub(call.env, log).list(queryOf(call.query));
      return {
        status: 200,
        body: { items: await entriesJson(call.env, items), nextCursor: next === null ? null : String(next) },
      };
    },
  });
