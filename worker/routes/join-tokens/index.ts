import type { Route } from "../../routing/define.ts";
import { createJoinToken } from "./create.ts";
import { listJoinTokens } from "./list.ts";
import { revokeJoinToken } from "./revoke.ts";

export const joinTokenRoutes: readonly Route[] = [createJoinToken, listJoinTokens, revokeJoinToken];
