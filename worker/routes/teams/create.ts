import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { insertTeam, MAX_TEAMS, type Team } from "../../store/teams.ts";
import { accessEvent } from "../shared/giving.ts";
import { tenantParams } from "../tenants/schema.ts";
import { lookForTeam, teamAnswer, teamState } from "./read.ts";
import { createTeamSchema, teamExample, teamSchema } from "./schema.ts";

export const createTeam = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/teams",
  operationId: "createTeam",
  tag: "teams",
  summary: "Make a team",
  action: "team:create",
  params: tenantParams,
  body: { schema: createTeamSchema, example: { name: "payments", displayName: "Payments" } },
  answers: {
    201: {
      description: "The team.",
      schema: teamSchema,
      example: teamExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1133", "KN-1300"],
  async handler(call) {
    const { tenant } = call.params;
    const { name, displayName = null } = call.body;
    const { tenantId, team: same, count } = await lookForTeam(call, tenant, name);
    if (same) throw new KubeNovaError("KN-1300", `There is a team '${name}' already.`, { id: same.id });
    if (count >= MAX_TEAMS) throw new KubeNovaError("KN-1133", undefined, { max: MAX_TEAMS });
    const times = { createdAt: call.now, updatedAt: call.now };
    const team: Team = { id: call.newId("team"), tenantId, name, displayName, version: 1, ...times };
    const db = directory(call.env);
    return call.commit({
      db,
      statements: [insertTeam(db, team)],
      events: [accessEvent(tenantId, `team/${team.id}`, "team-created", { after: teamState(team) })],
      answer: { ...teamAnswer(201, team), location: `/api/v1/tenants/${tenant}/teams/${name}` },
    });
  },
});
