import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listPlans as listRows, planPage } from "../../store/plans.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { planExample, planJson, planPageSchema } from "./schema.ts";

export const listPlans = defineRoute({
  method: "get",
  path: "/api/v1/plans",
  operationId: "listPlans",
  tag: "plans",
  summary: "List plans",
  action: "plan:list",
  query: z.strictObject(idPageFields),
  answers: {
    200: {
      description: "A page of plans.",
      schema: planPageSchema,
      example: { items: [planExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const db = directory(call.env);
    const query = idPageOf(call.query);
    const [rows] = await call.read(db, [listRows(db, query)]);
    call.authorize({});
    const { items, nextCursor } = planPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(planJson), nextCursor } };
  },
});
