import type { Route } from "../../routing/define.ts";
import { healthz } from "./live.ts";
import { metrics } from "./metrics.ts";
import { readyz } from "./ready.ts";

export const healthRoutes: readonly Route[] = [healthz, readyz, metrics];
