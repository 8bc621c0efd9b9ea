import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findPlan, planOf } from "../../store/plans.ts";
import { missing } from "../shared/objects.ts";
import { planAnswer, planExample, planParams, planSchema } from "./schema.ts";

export const getPlan = defineRoute({
  method: "get",
  path: "/api/v1/plans/{plan}",
  operationId: "getPlan",
  tag: "plans",
  summary: "Get a plan",
  action: "plan:get",
  params: planParams,
  conditional: ["If-None-Match"],
  answers: { 200: { description: "The plan.", schema: planSchema, example: planExample, headers: ["ETag"] } },
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findPlan(db, call.params.plan)]);
    call.authorize({});
    const plan = planOf(found?.results[0]);
    if (!plan) throw new KubeNovaError("KN-1200", missing("plan", call.params.plan));
    return planAnswer(200, plan);
  },
});
