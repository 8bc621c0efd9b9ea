import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findSubject } from "../../store/subjects.ts";
import { findPlaces, insertTeamMember, MAX_TEAM_MEMBERS, MAX_TEAMS_OF_MEMBER } from "../../store/teams.ts";
import { mayPass } from "../bindings/take.ts";
import { accessEvent } from "../shared/giving.ts";
import { presentSubject } from "../shared/subject.ts";
import { givenToTeam, readTeam } from "./read.ts";
import {
  addTeamMemberSchema,
  teamMemberExample,
  teamMemberJson,
  teamMemberSchema,
  teamParams,
} from "./schema.ts";

export const addTeamMember = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/teams/{team}/members",
  operationId: "addTeamMember",
  tag: "teams",
  summary: "Add somebody to a team",
  description:
    "A member or a service account of the tenant. He has what the team has from his next request on, so who adds him must hold it.",
  action: "team:update",
  params: teamParams,
  body: { schema: addTeamMemberSchema, example: { kind: "user", email: "ada@example.com" } },
  answers: {
    201: {
      description: "The member.",
      schema: teamMemberSchema,
      example: teamMemberExample,
      headers: ["Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300"],
  async handler(call) {
    const db = directory(call.env);
    const team = await readTeam(call);
    const [rows] = await call.look(db, [findSubject(db, call.params.tenant, call.body)]);
    const { subject: member, label } = presentSubject(call.body, rows?.results[0], "");
    const [places] = await call.look(db, [findPlaces(db, team.id, member)]);
    hasRoom(places?.results[0] as unknown as Places);
    const given = await givenToTeam(call, team);
    for (const binding of given) mayPass(call, binding);
    const id = member.slice(member.indexOf("/") + 1);
    return call.commit({
      db,
      statements: insertTeamMember(db, team, member, given.length, call.now),
      events: [
        accessEvent(team.tenantId, `team/${team.id}`, "team-member-added", {
          after: { id: team.id, member },
        }),
      ],
      answer: {
        status: 201,
        body: teamMemberJson({ member, label, since: call.now }),
        location: `/api/v1/tenants/${call.params.tenant}/teams/${team.name}/members/${id}`,
      },
    });
  },
});

interface Places {
  members: number;
  teams: number;
  isIn: number;
}

/** @throws KubeNovaError KN-1133, KN-1300 */
function hasRoom({ members, teams, isIn }: Places): void {
  if (isIn) throw new KubeNovaError("KN-1300", "He is in the team already.");
  if (members >= MAX_TEAM_MEMBERS) throw new KubeNovaError("KN-1133", undefined, { max: MAX_TEAM_MEMBERS });
  if (teams >= MAX_TEAMS_OF_MEMBER)
    throw new KubeNovaError("KN-1133", undefined, { max: MAX_TEAMS_OF_MEMBER });
}
