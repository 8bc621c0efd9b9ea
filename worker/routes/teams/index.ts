import type { Route } from "../../routing/define.ts";
import { addTeamMember } from "./add-member.ts";
import { createTeam } from "./create.ts";
import { deleteTeam } from "./delete.ts";
import { getTeam } from "./get.ts";
import { listTeams } from "./list.ts";
import { listTeamMembers } from "./members.ts";
import { patchTeam } from "./patch.ts";
import { removeTeamMember } from "./remove-member.ts";

export const teamRoutes: readonly Route[] = [
  listTeams,
  createTeam,
  getTeam,
  patchTeam,
  deleteTeam,
  listTeamMembers,
  addTeamMember,
  removeTeamMember,
];
