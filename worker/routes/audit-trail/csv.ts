import type { z } from "zod";
import { csvHead, csvRow } from "../../../domain/audit/csv.ts";
import type { AuditEntry } from "../../../domain/audit/entry.ts";
import { type AuditQuery, isAskedFor } from "../../../domain/audit/query.ts";
import { entriesOfPeriod, streamOf } from "../../audit/entries.ts";
import type { Env } from "../../env.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { auditQuerySchema } from "../audit/schema.ts";
import { periodOf, type periodQuery } from "./period.ts";

export const exportAuditTable = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:csv` as `/${string}`,
    operationId: `export${place.suffix}AuditTable`,
    tag: "audit",
    summary: `Export ${place.whose} audit log as a table`,
    description:
      "CSV by RFC 4180, a row an entry in the order of the log. A field that a spreadsheet would take for a formula begins with an apostrophe. Filters are those of the search, and reach into old entries, which the search does not see. `:export` gives what can be verified.",
    action: `${place.kind}:export`,
    ...paramsAt(place),
    query: auditQuerySchema.omit({ q: true, cursor: true, limit: true }),
    answers: { 200: { description: "The table.", mediaType: "text/csv" } },
    streams: true,
    async handler(call) {
      const { log } = await readLog(call);
      return new Response(streamOf(rowsOf(call.env, log, call.query)), {
        headers: {
          "Content-Type": "text/csv; charset=utf-8; header=present",
          "Content-Disposition": `attachment; filename="audit-${log}.csv"`,
          "Cache-Control": "no-store",
        },
      });
    },
  });

type Asked = Pick<AuditQuery, "actor" | "action" | "object" | "outcome"> & z.output<typeof periodQuery>;

async function* rowsOf(env: Env, log: string, asked: Asked): AsyncGenerator<string> {
  yield csvHead();
  const isWanted = (entry: AuditEntry): boolean => isAskedFor(entry, asked);
  for await (const entries of entriesOfPeriod(env, log, periodOf(asked), isWanted))
    yield entries.map(csvRow).join("");
}
