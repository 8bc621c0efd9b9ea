import type { Route } from "../../routing/define.ts";
import { PLACES } from "../audit/place.ts";
import { exportAuditTable } from "./csv.ts";
import { reportAudit } from "./report.ts";
import { getAuditRetention, putAuditRetention } from "./retention.ts";
import { deleteAuditSink, getAuditSink, putAuditSink } from "./sink.ts";
import { testAuditSink } from "./sink-test.ts";

const OPERATIONS = [
  exportAuditTable,
  reportAudit,
  getAuditRetention,
  putAuditRetention,
  getAuditSink,
  putAuditSink,
  deleteAuditSink,
  testAuditSink,
];

/** What becomes of a log beside being read: tables, reports, retention, streams. */
export const auditTrailRoutes: readonly Route[] = PLACES.flatMap((place) =>
  OPERATIONS.map((define) => define(place)),
);
