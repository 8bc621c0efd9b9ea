import type { Route } from "../../routing/define.ts";
import { getAuditCheckpoint, listAuditKeys } from "./checkpoint.ts";
import { exportAudit } from "./export.ts";
import { getAuditEntry } from "./get.ts";
import { listAudit } from "./list.ts";
import { PLACES } from "./place.ts";
import { proveAuditConsistency, proveAuditInclusion } from "./proofs.ts";

const OPERATIONS = [
  listAudit,
  getAuditEntry,
  getAuditCheckpoint,
  listAuditKeys,
  proveAuditInclusion,
  proveAuditConsistency,
  exportAudit,
];

export const auditRoutes: readonly Route[] = PLACES.flatMap((place) =>
  OPERATIONS.map((define) => define(place)),
);
