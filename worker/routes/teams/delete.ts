import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { deleteTeam as deleteRow } from "../../store/teams.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { givenToTeam, readTeam, teamState } from "./read.ts";
import { teamParams } from "./schema.ts";

export const deleteTeam = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/teams/{team}",
  operationId: "deleteTeam",
  tag: "teams",
  summary: "Delete a team",
  description: "With what was given to it. Who deletes it must hold that.",
  action: "team:delete",
  params: teamParams,
  conditional: ["If-Match"],
  answers: { 204: { description: "It is gone, from the next request on." } },
  errors: ["KN-1130"],
  async handler(call) {
    const db = directory(call.env);
    const team = await readTeam(call);
    call.checkPrecondition(team);
    const given = await givenToTeam(call, team);
    for (const binding of given) mayTake(call, binding);
    return call.commit({
      db,
      statements: deleteRow(db, team, given.length),
      events: [accessEvent(team.tenantId, `team/${team.id}`, "team-deleted", { before: teamState(team) })],
      answer: { status: 204 },
    });
  },
});
