import { sameJson } from "../../../domain/canonical/same.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { figuresOf } from "../../../domain/limits/figures.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import type { NewEvent } from "../../store/events.ts";
import { insertPlan, MAX_PLANS, type Plan, planState, updatePlan } from "../../store/plans.ts";
import { type PlanWrite, planAnswer } from "./schema.ts";

/** What is there before a plan is written. */
interface Found {
  before: Plan | undefined;
  /** The plan of new tenants, whichever it is. */
  byDefault: Plan | undefined;
  /** How many plans there are. */
  count: number;
}

/** Commits what a PUT wants of a plan; nothing at all where it is so already. @throws KubeNovaError KN-1102, KN-1133 */
export function writePlan(
  call: Call<{ plan: string }, unknown, PlanWrite>,
  { before, byDefault, count }: Found,
): Promise<Answer> {
  const db = directory(call.env);
  const after = writtenPlan(call, before);
  // Shorter is a deletion of what others did: it takes the right to that.
  if (after.auditRetentionDays !== (before?.auditRetentionDays ?? null)) {
    call.require("audit-retention:update", {});
  }
  if (!before && count >= MAX_PLANS) throw new KubeNovaError("KN-1133", undefined, { max: MAX_PLANS });
  if (before && sameJson(planState({ ...after, version: before.version }), planState(before))) {
    return call.commit({ db, statements: [], events: [], answer: planAnswer(200, before) });
  }
  const other = after.isDefault && byDefault && byDefault.id !== after.id ? byDefault : undefined;
  const { id: _, createdAt: __, ...changes } = after;
  const stepped = { isDefault: false, updatedAt: call.now };
  return call.commit({
    db,
    statements: [
      // First: there is never a second default, in the midst of a batch neither.
      ...(other ? updatePlan(db, other, stepped) : []),
      ...(before ? updatePlan(db, before, changes) : insertPlan(db, after)),
    ],
    events: [
      planEvent(before, after),
      ...(other ? [planEvent(other, { ...other, ...stepped, version: other.version + 1 })] : []),
    ],
    answer: planAnswer(before ? 200 : 201, after),
  });
}

const writtenPlan = (call: Call<{ plan: string }, unknown, PlanWrite>, before: Plan | undefined): Plan => ({
  id: before?.id ?? call.newId("plan"),
  name: call.params.plan,
  displayName: call.body.displayName ?? null,
  ...figuresOf(call.body.limits),
  auditRetentionDays: call.body.auditRetentionDays ?? null,
  isDefault: call.body.isDefault ?? false,
  version: (before?.version ?? 0) + 1,
  createdAt: before?.createdAt ?? call.now,
  updatedAt: call.now,
});

const planEvent = (before: Plan | undefined, after: Plan): NewEvent => {
  const common = { tenantId: null, subject: `plan/${after.id}` };
  return before
    ? {
        type: "evt.plan.updated",
        ...common,
        data: { before: planState(before), after: planState(after) },
      }
    : { type: "evt.plan.created", ...common, data: { before: null, after: planState(after) } };
};
