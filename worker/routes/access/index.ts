import type { Route } from "../../routing/define.ts";
import { explainAccess } from "./explain.ts";
import { myPermissions } from "./permissions.ts";

export const accessRoutes: readonly Route[] = [explainAccess, myPermissions];
