import type { Route } from "../../routing/define.ts";
import { removeMember } from "./delete.ts";
import { getMember } from "./get.ts";
import { listMembers } from "./list.ts";
import { patchMember } from "./patch.ts";

export const memberRoutes: readonly Route[] = [listMembers, getMember, patchMember, removeMember];
