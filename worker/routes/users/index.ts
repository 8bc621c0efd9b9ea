import type { Route } from "../../routing/define.ts";
import { createUser } from "./create.ts";
import { getUser } from "./get.ts";
import { listUsers } from "./list.ts";
import { patchUser } from "./patch.ts";

export const userRoutes: readonly Route[] = [listUsers, createUser, getUser, patchUser];
