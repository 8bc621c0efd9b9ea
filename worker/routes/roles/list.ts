import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenantPath } from "../../store/paths.ts";
import { listRoles as listRows, rolePage } from "../../store/roles.ts";
import { tenantPath } from "../../store/scope.ts";
import { idPageFields, idPageOf } from "../shared/id-paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { openOwner } from "./read.ts";
import { roleExample, roleJson, rolePageSchema } from "./schema.ts";

export const listRoles = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/roles",
  operationId: "listRoles",
  tag: "roles",
  summary: "List a tenant's own roles",
  description: "Beside them every tenant has the roles of `GET /api/v1/roles`.",
  action: "role:list",
  params: tenantParams,
  query: z.strictObject(idPageFields),
  answers: {
    200: {
      description: "A page of roles.",
      schema: rolePageSchema,
      example: { items: [roleExample], nextCursor: null },
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
    openOwner(call, tenant, place);
    const { items, nextCursor } = rolePage(rows?.results ?? [], query);
    return { status: 200, body: { items: items.map(roleJson), nextCursor } };
  },
});
