import { csvHead, csvRow } from "../../../domain/audit/csv.ts";
import { entriesOfPeriod, type Period, streamOf } from "../../audit/entries.ts";
import type { Env } from "../../env.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { periodOf, periodQuery } from "./period.ts";

export const exportAuditTable = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:csv` as `/${string}`,
    operationId: `export${place.suffix}AuditTable`,
    tag: "audit",
    summary: `Export ${place.whose} audit log as a table`,
    description:
      "CSV by RFC 4180, a row an entry in the order of the log. A field that a spreadsheet would take for a formula begins with an apostrophe. `:export` gives what can be verified.",
    action: `${place.kind}:export`,
    ...paramsAt(place),
    query: periodQuery,
    answers: { 200: { description: "The table.", mediaType: "text/csv" } },
    streams: true,
    async handler(call) {
      const { log } = await readLog(call);
      return new Response(streamOf(rowsOf(call.env, log, periodOf(call.query))), {
        headers: {
          "Content-Type": "text/csv; charset=utf-8; header=present",
          "Content-Disposition": `attachment; filename="audit-${log}.csv"`,
          "Cache-Control": "no-store",
        },
      });
    },
  });

async function* rowsOf(env: Env, log: string, period: Period): AsyncGenerator<string> {
  yield csvHead();
  for await (const entries of entriesOfPeriod(env, log, period)) yield entries.map(csvRow).join("");
}
