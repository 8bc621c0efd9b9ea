import { defineRoute } from "../../routing/define.ts";
import { readTeam, teamAnswer } from "./read.ts";
import { teamExample, teamParams, teamSchema } from "./schema.ts";

export const getTeam = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/teams/{team}",
  operationId: "getTeam",
  tag: "teams",
  summary: "Get a team",
  action: "team:get",
  params: teamParams,
  conditional: ["If-None-Match"],
  answers: { 200: { description: "The team.", schema: teamSchema, example: teamExample, headers: ["ETag"] } },
  async handler(call) {
    return teamAnswer(200, await readTeam(call));
  },
});
