import type { Route } from "../../routing/define.ts";
import { enrol } from "./enrol.ts";

export const enrolRoutes: readonly Route[] = [enrol];
