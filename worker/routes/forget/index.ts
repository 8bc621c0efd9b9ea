import type { Route } from "../../routing/define.ts";
import { forgetUserRoute } from "./forget-user.ts";

export const forgetRoutes: readonly Route[] = [forgetUserRoute];
