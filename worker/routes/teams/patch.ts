import { defineRoute } from "../../routing/define.ts";
import { MERGE_PATCH_TYPES } from "../../routing/requests.ts";
import { directory } from "../../store/database.ts";
import { updateTeam } from "../../store/teams.ts";
import { accessEvent } from "../shared/giving.ts";
import { readTeam, teamAnswer, teamState } from "./read.ts";
import { patchTeamSchema, teamExample, teamParams, teamSchema } from "./schema.ts";

export const patchTeam = defineRoute({
  method: "patch",
  path: "/api/v1/tenants/{tenant}/teams/{team}",
  operationId: "patchTeam",
  tag: "teams",
  summary: "Change how a team is shown",
  action: "team:update",
  params: teamParams,
  body: { schema: patchTeamSchema, example: { displayName: "Payments" }, mediaTypes: MERGE_PATCH_TYPES },
  conditional: ["If-Match"],
  answers: {
    200: {
      description: "The team as it is now.",
      schema: teamSchema,
      example: teamExample,
      headers: ["ETag"],
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const before = await readTeam(call);
    call.checkPrecondition(before);
    const { displayName = before.displayName } = call.body;
    if (displayName === before.displayName) {
      return call.commit({ db, statements: [], events: [], answer: teamAnswer(200, before) });
    }
    const changes = { displayName, updatedAt: call.now };
    const after = { ...before, ...changes, version: before.version + 1 };
    return call.commit({
      db,
      statements: updateTeam(db, before, changes),
      events: [
        accessEvent(before.tenantId, `team/${before.id}`, "team-changed", {
          before: teamState(before),
          after: teamState(after),
        }),
      ],
      answer: teamAnswer(200, after),
    });
  },
});
