import { KubeNovaError } from "../../../domain/errors/index.ts";
import { exportLog } from "../../audit/export.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { type Place, paramsAt, readLog } from "./place.ts";

export const exportAudit = (place: Place): Route =>
  defineRoute({
    method: "get",
    path: `${place.path}:export` as `/${string}`,
    operationId: `export${place.suffix}Audit`,
    tag: "audit",
    summary: `Export ${place.whose} audit log`,
    description:
      "JSON lines: a header (the log, the last number that the database gave out, the keys), then each entry with its index, and each checkpoint after the last entry that it covers. `npm run audit:verify -- FILE` checks it without a manager.",
    action: `${place.kind}:export`,
    ...paramsAt(place),
    answers: { 200: { description: "The whole log.", mediaType: "application/x-ndjson" } },
    errors: ["KN-1700"],
    streams: true,
    async handler(call) {
      const row = await readLog(call);
      const lines = await exportLog(call.env, row, call.now);
      if (!lines) throw new KubeNovaError("KN-1700");
      return new Response(lines, {
        headers: {
          "Content-Type": "application/x-ndjson",
          "Content-Disposition": `attachment; filename="audit-${row.log}.jsonl"`,
          "Cache-Control": "no-store",
        },
      });
    },
  });
