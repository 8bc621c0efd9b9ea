import type { Route } from "../../routing/define.ts";
import { getMe } from "./get.ts";
import { revokeMySession } from "./revoke.ts";
import { listMySessions } from "./sessions.ts";

export const meRoutes: readonly Route[] = [getMe, listMySessions, revokeMySession];
