import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listTeamMembers as listRows, type TeamMember } from "../../store/teams.ts";
import { readTeam } from "./read.ts";
import { teamMemberExample, teamMemberJson, teamMemberListSchema, teamParams } from "./schema.ts";

export const listTeamMembers = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/teams/{team}/members",
  operationId: "listTeamMembers",
  tag: "teams",
  summary: "List the members of a team",
  action: "team:get",
  params: teamParams,
  answers: {
    200: {
      description: "All of them; a team has at most 1,000.",
      schema: teamMemberListSchema,
      example: { items: [teamMemberExample] },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const team = await readTeam(call);
    const [rows] = await call.look(db, [listRows(db, team.id)]);
    const members = (rows?.results ?? []) as unknown as TeamMember[];
    return { status: 200, body: { items: members.map(teamMemberJson) } };
  },
});
