import { z } from "zod";
import type { PlacedEntry } from "../../../domain/audit/csv.ts";
import { deliver } from "../../audit/deliver.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { type Place, paramsAt } from "../audit/place.ts";
import { presentSink, readSink } from "./sink.ts";

export const testAuditSink = (place: Place): Route =>
  defineRoute({
    method: "post",
    path: `${place.path}/sink:test` as `/${string}`,
    operationId: `test${place.suffix}AuditSink`,
    tag: "audit",
    summary: `Try where ${place.whose} audit log is streamed to`,
    description:
      "Sends one entry of the action `audit-sink:test` that stands in no log, with index -1, and tells what the receiver answered. The stream goes on as before.",
    action: `${place.kind}-sink:test`,
    ...paramsAt(place),
    answers: {
      200: {
        description: "What came of it.",
        schema: z
          .object({ delivered: z.boolean(), error: z.string().nullable() })
          .meta({ id: "AuditSinkTest" }),
        example: { delivered: false, error: "the receiver answered 403" },
      },
    },
    errors: ["KN-1200", "KN-1610", "KN-1611"],
    async handler(call) {
      const { row, sink } = await readSink(call);
      const present = presentSink(sink);
      const entry: PlacedEntry = {
        index: -1,
        id: call.newId("auditEntry"),
        time: new Date(call.now).toISOString(),
        actor: { kind: call.principal.kind, id: call.principal.id },
        action: "audit-sink:test",
        object: `audit-sink/${row.log}`,
        tenant: row.tenantId,
        outcome: "success",
        requestId: call.requestId,
        correlationId: call.correlationId,
      };
      const error = await deliver(call.env, present, [entry]);
      return { status: 200, body: { delivered: error === undefined, error: error ?? null } };
    },
  });
