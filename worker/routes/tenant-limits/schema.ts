import { z } from "zod";
import {
  DEFAULT_LIMITS,
  effectiveLimits,
  FIGURES,
  type FigureSource,
  figuresOf,
  sourceOf,
} from "../../../domain/limits/figures.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Answer } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import type { LimitsOfTenant } from "../../store/tenant-limits.ts";
import { figureFields } from "../shared/figures.ts";

/** What is left out is the plan's, or else the installation's default again; without a plan the tenant is on none. */
export const limitsWriteSchema = z
  .strictObject({ plan: nameSchema, ...figureFields })
  .partial()
  .meta({ id: "TenantLimitsWrite" });

export const limitsSchema = z
  .object({
    ...figureFields,
    plan: nameSchema.optional(),
    /** Names of the figures that the plan gives. */
    fromPlan: z.array(z.string()).optional(),
    /** Names of the figures that nobody set. */
    defaults: z.array(z.string()),
  })
  .meta({ id: "TenantLimits" });

export const limitsExample = {
  ...DEFAULT_LIMITS,
  requestsPerMinute: 5_000,
  plan: "team",
  fromPlan: ["requestsPerMinute"],
  defaults: ["principalRequestsPerMinute", "streams", "principalStreams"],
};

/** What events say of a tenant's limits: its own, without what its plan gives. */
export const limitsState = ({ own, plan }: LimitsOfTenant) => ({
  ...figuresOf(own),
  plan: plan?.name ?? null,
});

export function limitsAnswer({ own, plan }: LimitsOfTenant): Answer {
  const from = (source: FigureSource) => FIGURES.filter((figure) => sourceOf(figure, own, plan) === source);
  const ofPlan = plan ? { plan: plan.name, fromPlan: from("plan") } : {};
  return {
    status: 200,
    body: { ...effectiveLimits(own, plan), ...ofPlan, defaults: from("default") },
    etag: etagOf(own?.version ?? 0, plan && [plan.id, plan.version]),
  };
}
