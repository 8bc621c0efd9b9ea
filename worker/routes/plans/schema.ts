import { z } from "zod";
import { MAX_RETENTION_DAYS, MIN_RETENTION_DAYS } from "../../../domain/audit/bundle.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { FIGURES } from "../../../domain/limits/figures.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Answer } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { Plan } from "../../store/plans.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";
import { figureFields } from "../shared/figures.ts";
import { pageOf } from "../shared/paging.ts";

const planFigures = z
  .strictObject(figureFields)
  .partial()
  .meta({ description: "A figure that is left out is the installation's default." });
const daysSchema = z
  .int()
  .min(MIN_RETENTION_DAYS)
  .max(MAX_RETENTION_DAYS)
  .meta({ description: "Days that entries of its tenants' audit logs are kept." });

/** What is left out is emptied: the default holds there, and the plan is not the one of new tenants. */
export const putPlanSchema = z
  .strictObject({
    displayName: displayNameSchema.optional(),
    limits: planFigures.optional(),
    auditRetentionDays: daysSchema.optional(),
    isDefault: z
      .boolean()
      .optional()
      .meta({ description: "Whether new tenants get it. Another that was the default is so no more." }),
  })
  .meta({ id: "PlanWrite" });
export type PlanWrite = z.output<typeof putPlanSchema>;

export const planSchema = z
  .object({
    id: z.string().regex(idPattern("plan")),
    name: nameSchema,
    displayName: z.string().optional(),
    limits: planFigures,
    auditRetentionDays: daysSchema.optional(),
    isDefault: z.boolean(),
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Plan" });
export const planPageSchema = pageOf(planSchema).meta({ id: "PlanPage" });

export const planParams = z.strictObject({ plan: nameSchema.meta({ examples: ["team"] }) });

export const planJson = (plan: Plan) => ({
  id: plan.id,
  name: plan.name,
  ...(plan.displayName === null ? {} : { displayName: plan.displayName }),
  limits: Object.fromEntries(
    FIGURES.flatMap((figure) => (plan[figure] === null ? [] : [[figure, plan[figure]]])),
  ),
  ...(plan.auditRetentionDays === null ? {} : { auditRetentionDays: plan.auditRetentionDays }),
  isDefault: plan.isDefault,
  version: plan.version,
  createdAt: iso(plan.createdAt),
  updatedAt: iso(plan.updatedAt),
});

export const planAnswer = (status: 200 | 201, plan: Plan): Answer => ({
  status,
  body: planJson(plan),
  etag: etagOf(plan.version),
  ...(status === 201 ? { location: `/api/v1/plans/${plan.name}` } : {}),
});

export const planWriteExample = {
  displayName: "Team",
  limits: { requestsPerMinute: 5_000, streams: 500 },
  auditRetentionDays: 2_557,
  isDefault: true,
};
export const planExample = {
  id: "pln_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "team",
  ...planWriteExample,
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
