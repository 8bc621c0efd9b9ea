import type { Answer, Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { tenantScope } from "../../store/scope.ts";
import { type Tenant, tenantState, touchDesiredOfTenant, updateTenant } from "../../store/tenants.ts";
import { type Deletion, deletionEvent, deletionOf } from "../shared/deletion.ts";
import { tenantAnswer } from "./write.ts";

/** Commits that a tenant is deleted, or back again; the documents of all that is its own follow. */
export function commitDeletion(call: Call, before: Tenant, becomes: Deletion): Promise<Answer> {
  const db = directory(call.env);
  const scope = tenantScope(call.env, before.id, before.region);
  const { changes, after } = deletionOf(call, before, becomes);
  return call.commit({
    db,
    statements: [...updateTenant(db, before, changes), ...touchDesiredOfTenant(scope, call.correlationId)],
    events: [
      {
        ...deletionEvent("tenant", becomes, tenantState(before), tenantState(after)),
        tenantId: before.id,
        subject: `tenant/${before.id}`,
      },
    ],
    answer: tenantAnswer(200, after),
  });
}
