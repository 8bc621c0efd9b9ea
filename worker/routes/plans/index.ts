import type { Route } from "../../routing/define.ts";
import { deletePlan } from "./delete.ts";
import { getPlan } from "./get.ts";
import { listPlans } from "./list.ts";
import { putPlan } from "./put.ts";

export const planRoutes: readonly Route[] = [listPlans, getPlan, putPlan, deletePlan];
