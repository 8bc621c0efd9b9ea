import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { countPlans, findDefaultPlan, findPlan, planOf } from "../../store/plans.ts";
import { planExample, planParams, planSchema, planWriteExample, putPlanSchema } from "./schema.ts";
import { writePlan } from "./write.ts";

const answer = { schema: planSchema, example: planExample };

export const putPlan = defineRoute({
  method: "put",
  path: "/api/v1/plans/{plan}",
  operationId: "putPlan",
  tag: "plans",
  summary: "Make or replace a plan",
  description:
    "Fields that the body leaves out are emptied. New limits hold for its tenants within a minute, another retention within a day; that one needs `audit-retention:update` too.",
  action: "plan:update",
  params: planParams,
  body: { schema: putPlanSchema, example: planWriteExample },
  conditional: ["If-Match", "If-None-Match"],
  answers: {
    200: { description: "The plan as it is now.", ...answer, headers: ["ETag"] },
    201: { description: "A new plan.", ...answer, headers: ["ETag", "Location"] },
  },
  errors: ["KN-1133"],
  async handler(call) {
    const db = directory(call.env);
    const [found, byDefault, counted] = await call.read(db, [
      findPlan(db, call.params.plan),
      findDefaultPlan(db),
      countPlans(db),
    ]);
    call.authorize({});
    const before = planOf(found?.results[0]);
    call.checkPrecondition(before);
    return writePlan(call, {
      before,
      byDefault: planOf(byDefault?.results[0]),
      count: Number(counted?.results[0]?.count),
    });
  },
});
