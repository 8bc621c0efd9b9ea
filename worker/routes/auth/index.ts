import type { Route } from "../../routing/define.ts";
import { createToken } from "./token.ts";

export const authRoutes: readonly Route[] = [createToken];
