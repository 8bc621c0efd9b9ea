import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { deleteTeamMember, findPlaces } from "../../store/teams.ts";
import { mayTake } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { givenToTeam, readTeam } from "./read.ts";
import { teamMemberParams } from "./schema.ts";

export const removeTeamMember = defineRoute({
  method: "delete",
  path: "/api/v1/tenants/{tenant}/teams/{team}/members/{member}",
  operationId: "removeTeamMember",
  tag: "teams",
  summary: "Take somebody out of a team",
  description: "By his id. Who takes him out must hold what the team has.",
  action: "team:update",
  params: teamMemberParams,
  answers: { 204: { description: "He is out, from the next request on." } },
  errors: ["KN-1130"],
  async handler(call) {
    const db = directory(call.env);
    const team = await readTeam(call);
    const { member: id } = call.params;
    const member = `${id.startsWith("usr_") ? "user" : "service-account"}/${id}`;
    const [places] = await call.look(db, [findPlaces(db, team.id, member)]);
    if (!places?.results[0]?.isIn) throw new KubeNovaError("KN-1200", `There is no '${id}' in the team.`);
    for (const binding of await givenToTeam(call, team)) mayTake(call, binding);
    return call.commit({
      db,
      statements: deleteTeamMember(db, team.id, member),
      events: [
        accessEvent(team.tenantId, `team/${team.id}`, "team-member-removed", {
          before: { id: team.id, member },
        }),
      ],
      answer: { status: 204 },
    });
  },
});
