import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listMembers as listRows, memberPage } from "../../store/members.ts";
import { findTenantPath, foundIn } from "../../store/paths.ts";
import { tenantPath } from "../../store/scope.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { openTenant } from "../shared/place.ts";
import { tenantParams } from "../tenants/schema.ts";
import { memberExample, memberJson, memberPageSchema } from "./schema.ts";

export const listMembers = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/members",
  operationId: "listMembers",
  tag: "members",
  summary: "List a tenant's members",
  action: "member:list",
  params: tenantParams,
  query: z.strictObject(idPageFields),
  answers: {
    200: {
      description: "A page of members, in the order of their ids.",
      schema: memberPageSchema,
      example: { items: [memberExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const { tenant } = call.params;
    const db = directory(call.env);
    const query = idPageOf(call.query);
    const [place, rows] = await call.read(db, [
      findTenantPath(tenantPath(call.env, tenant)),
      listRows(db, tenant, query),
    ]);
    openTenant(call, { tenant }, foundIn(place?.results[0]));
    const { items, nextCursor } = memberPage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(memberJson), nextCursor } };
  },
});
