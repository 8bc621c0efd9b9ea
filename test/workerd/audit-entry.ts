import { type AuditEntry, auditEntrySchema } from "../../domain/audit/entry.ts";
import { anId } from "./seed.ts";

/** An entry as a change of a tenant by the platform's key makes it. */
export const auditEntry = (): AuditEntry =>
  auditEntrySchema.parse({
    id: anId("auditEntry"),
    time: new Date().toISOString(),
    actor: { kind: "platform-admin", id: "platform-admin" },
    action: "tenant:update",
    object: "tenant/ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
    tenant: null,
    outcome: "success",
    requestId: anId("request"),
    correlationId: "c-1",
  });
