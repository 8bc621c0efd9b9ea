import { sameJson } from "../../../domain/canonical/same.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { directory } from "../../store/database.ts";
import { startOnDefaultPlan } from "../../store/plans.ts";
import { insertTenant, type Tenant, tenantState, updateTenant } from "../../store/tenants.ts";
import { newRow } from "../shared/catalogue.ts";
import { missing, tenantObject } from "../shared/objects.ts";
import { DEFAULT_REGION, type TenantWrite, tenantJson } from "./schema.ts";

export const tenantAnswer = (status: number, tenant: Tenant): Answer => ({
  status,
  body: tenantJson(tenant),
  etag: etagOf(tenant.version),
  ...(status === 201 ? { location: `/api/v1/tenants/${tenant.name}` } : {}),
});

/** Asks can() on the tenant that a URL names, deleted or not. @throws KubeNovaError KN-1200, KN-1102 */
export const authorizeTenant = (call: Call<{ tenant: string }>, row: Tenant | undefined): void =>
  call.authorize(row ? tenantObject(row) : {}, missing("tenant", call.params.tenant));

/** Commits a new tenant, on the default plan where there is one. */
export function createTenantRow(call: Call, name: string, write: TenantWrite): Promise<Answer> {
  const tenant: Tenant = {
    ...newRow(call, "tenant", name, write),
    region: write.region ?? DEFAULT_REGION,
    desiredRevision: 1,
  };
  const db = directory(call.env);
  return call.commit({
    db,
    statements: [insertTenant(db, tenant), startOnDefaultPlan(db, tenant.id, call.now)],
    events: [
      {
        type: "evt.tenant.created",
        tenantId: tenant.id,
        subject: `tenant/${tenant.id}`,
        data: { before: null, after: tenantState(tenant) },
      },
    ],
    answer: tenantAnswer(201, tenant),
  });
}

/** Commits what a PUT or PATCH wants of a tenant; nothing at all where it is so already. */
export function replaceTenantRow(call: Call, before: Tenant, write: TenantWrite): Promise<Answer> {
  const db = directory(call.env);
  if (write.region !== undefined && write.region !== before.region) {
    throw new KubeNovaError("KN-1305", "A tenant's region never changes.", { region: before.region });
  }
  const changes = { displayName: write.displayName ?? null, labels: write.labels ?? {} };
  if (sameJson(changes, { displayName: before.displayName, labels: before.labels })) {
    return call.commit({ db, statements: [], events: [], answer: tenantAnswer(200, before) });
  }
  const after: Tenant = { ...before, ...changes, version: before.version + 1, updatedAt: call.now };
  return call.commit({
    db,
    statements: updateTenant(db, before, { ...changes, updatedAt: call.now }),
    events: [
      {
        type: "evt.tenant.updated",
        tenantId: after.id,
        subject: `tenant/${after.id}`,
        data: { before: tenantState(before), after: tenantState(after) },
      },
    ],
    answer: tenantAnswer(200, after),
  });
}
