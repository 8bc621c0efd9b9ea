import { DEFAULT_RETENTION_DAYS } from "../../../domain/audit/bundle.ts";
import { sameJson } from "../../../domain/canonical/same.ts";
import { figuresOf } from "../../../domain/limits/figures.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory, tenantStub } from "../../store/database.ts";
import { findPlan, type Plan, planOf } from "../../store/plans.ts";
import { findTenantLimits, tenantLimitsOf, writeTenantLimits } from "../../store/tenant-limits.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { present } from "../shared/catalogue.ts";
import { notThere } from "../shared/giving.ts";
import { tenantParams } from "../tenants/schema.ts";
import { authorizeTenant } from "../tenants/write.ts";
import { limitsAnswer, limitsExample, limitsSchema, limitsState, limitsWriteSchema } from "./schema.ts";

export const putTenantLimits = defineRoute({
  method: "put",
  path: "/api/v1/tenants/{tenant}/limits",
  operationId: "putTenantLimits",
  tag: "tenants",
  summary: "Set a tenant's limits",
  description:
    "For whoever runs the platform. A figure that the body leaves out is the plan's, or else the installation's default again; a body without a plan takes the tenant off its plan. New figures hold within a second or two. A plan that keeps the audit log for less long needs `audit-retention:update` too.",
  action: "tenant:limit",
  params: tenantParams,
  body: { schema: limitsWriteSchema, example: { plan: "team", streams: 500 } },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The limits as they are now.",
      schema: limitsSchema,
      example: limitsExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const { plan: planName, ...figures } = call.body;
    const [found, limits, planFound] = await call.read(db, [
      findTenant(db, call.params.tenant),
      findTenantLimits(db, call.params.tenant),
      ...(planName === undefined ? [] : [findPlan(db, planName)]),
    ]);
    const row = tenantOf(found?.results[0]);
    authorizeTenant(call, row);
    const tenant = present("tenant", call.params.tenant, row);
    const before = tenantLimitsOf(limits?.results[0]);
    call.checkPrecondition(before.own ?? { version: 0 });
    const plan = planOf(planFound?.results[0]);
    if (planName !== undefined && !plan) throw notThere("plan", `there is no plan '${planName}'`);
    mayKeepShorter(call, before.plan, plan);
    const own = {
      id: tenant.id,
      planId: plan?.id ?? null,
      ...figuresOf(figures),
      version: (before.own?.version ?? 0) + 1,
      updatedAt: call.now,
    };
    const after = { own, plan };
    const change = { before: limitsState(before), after: limitsState(after) };
    if (sameJson(change.before, change.after)) {
      return call.commit({ db, statements: [], events: [], answer: limitsAnswer(before) });
    }
    const answer = await call.commit({
      db,
      statements: writeTenantLimits(db, before.own, own),
      events: [
        {
          type: "evt.tenant.limits-changed",
          tenantId: tenant.id,
          subject: `tenant/${tenant.id}`,
          data: change,
        },
      ],
      answer: limitsAnswer(after),
    });
    // Where this is lost, the object reads the figures again within a minute.
    call.waitUntil(tenantStub(call.env, tenant.id).limitsChanged());
    return answer;
  },
});

/** On another plan a tenant's audit log may be kept for less long, and what is deleted is gone. @throws KubeNovaError KN-1102 */
function mayKeepShorter(call: Pick<Call, "require">, before: Plan | undefined, after: Plan | undefined) {
  const days = (plan: Plan | undefined) => plan?.auditRetentionDays ?? DEFAULT_RETENTION_DAYS;
  if (days(after) < days(before)) call.require("audit-retention:update", {});
}
