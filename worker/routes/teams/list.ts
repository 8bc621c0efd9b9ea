import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listTeams as listRows, teamPage } from "../../store/teams.ts";
import { openHome, tenantStatement } from "../shared/home.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { teamExample, teamJson, teamPageSchema } from "./schema.ts";

export const listTeams = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/teams",
  operationId: "listTeams",
  tag: "teams",
  summary: "List a tenant's teams",
  action: "team:list",
  params: tenantParams,
  query: z.strictObject(idPageFields),
  answers: {
    200: {
      description: "A page of teams, in the order of their making.",
      schema: teamPageSchema,
      example: { items: [teamExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const { tenant } = call.params;
    const db = directory(call.env);
    const query = idPageOf(call.query);
    const [rows, place] = await call.read(db, [
      listRows(db, tenant, query),
      ...tenantStatement(call, tenant),
    ]);
    openHome(call, tenant, place);
    const { items, nextCursor } = teamPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(teamJson), nextCursor } };
  },
});
