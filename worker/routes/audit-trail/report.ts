import { Summary } from "../../../domain/audit/summary.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { entriesOfPeriod } from "../../audit/entries.ts";
import { reportPdf } from "../../audit/report/index.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { auditStub } from "../../store/database.ts";
import { type Place, paramsAt, readLog } from "../audit/place.ts";
import { periodOf, periodQuery } from "./period.ts";

/** Entries that one report reads: some seconds. */
const MAX_ENTRIES = 100_000;

export const reportAudit = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:report` as `/${string}`,
    operationId: `report${place.suffix}Audit`,
    tag: "audit",
    summary: `Get a report on ${place.whose} audit log`,
    description:
      "PDF for a time range: how much was done, by whom and with what outcome; changes of access; denials; and the checkpoint by which all of it is verified. One report reads 100,000 entries at most and refuses a larger range.",
    action: `${place.kind}:export`,
    ...paramsAt(place),
    query: periodQuery,
    answers: { 200: { description: "The report.", mediaType: "application/pdf" } },
    errors: ["KN-1701", "KN-1711"],
    streams: true,
    async handler(call) {
      const { log } = await readLog(call);
      const period = periodOf(call.query);
      const head = await auditStub(call.env, log).checkpoint();
      if (head && "refused" in head) throw new KubeNovaError("KN-1701", undefined, { reason: head.refused });
      const summary = new Summary();
      for await (const entries of entriesOfPeriod(call.env, log, period)) {
        for (const entry of entries) summary.take(entry);
        if (summary.entries > MAX_ENTRIES)
          throw new KubeNovaError("KN-1711", undefined, { max: MAX_ENTRIES });
      }
      const { tenant } = call.params as { tenant?: string };
      const of = { log, name: tenant ?? "the platform", period, madeAt: call.now, note: head?.note };
      const pdf = await reportPdf(of, summary);
      return new Response(pdf, {
        headers: {
          "Content-Type": "application/pdf",
          "Content-Length": String(pdf.byteLength),
          "Content-Disposition": `attachment; filename="audit-${log}.pdf"`,
          "Cache-Control": "no-store",
        },
      });
    },
  });
