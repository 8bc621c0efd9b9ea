import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { countTenantsOn, deletePlan as deleteRow, findPlan, planOf, planState } from "../../store/plans.ts";
import { missing } from "../shared/objects.ts";
import { planParams } from "./schema.ts";

export const deletePlan = defineRoute({
  method: "delete",
  path: "/api/v1/plans/{plan}",
  operationId: "deletePlan",
  tag: "plans",
  summary: "Delete a plan",
  description: "Refused where a tenant is on it, a deleted one that can be restored too.",
  action: "plan:delete",
  params: planParams,
  conditional: ["If-Match"],
  answers: { 204: { description: "It is gone." } },
  errors: ["KN-1132"],
  async handler(call) {
    const db = directory(call.env);
    const { plan: name } = call.params;
    const [found, counted] = await call.read(db, [findPlan(db, name), countTenantsOn(db, name)]);
    call.authorize({});
    const plan = planOf(found?.results[0]);
    if (!plan) throw new KubeNovaError("KN-1200", missing("plan", name));
    call.checkPrecondition(plan);
    const tenants = Number(counted?.results[0]?.count);
    if (tenants > 0) throw new KubeNovaError("KN-1132", undefined, { tenants });
    return call.commit({
      db,
      statements: deleteRow(db, plan),
      events: [
        {
          type: "evt.plan.deleted",
          tenantId: null,
          subject: `plan/${plan.id}`,
          data: { before: planState(plan), after: null },
        },
      ],
      answer: { status: 204 },
    });
  },
});
