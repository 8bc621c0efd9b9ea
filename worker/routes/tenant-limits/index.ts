import type { Route } from "../../routing/define.ts";
import { getTenantLimits } from "./get.ts";
import { putTenantLimits } from "./put.ts";

export const tenantLimitRoutes: readonly Route[] = [getTenantLimits, putTenantLimits];
