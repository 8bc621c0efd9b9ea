import { visibleOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listTenants as listTenantRows, tenantPage } from "../../store/tenants.ts";
import { listQuerySchema } from "../shared/paging.ts";
import { tenantExample, tenantJson, tenantPageSchema } from "./schema.ts";

export const listTenants = defineRoute({
  method: "get",
  path: "/api/v1/tenants",
  operationId: "listTenants",
  tag: "tenants",
  summary: "List tenants",
  action: "tenant:list",
  query: listQuerySchema,
  answers: {
    200: {
      description: "A page of tenants.",
      schema: tenantPageSchema,
      example: { items: [tenantExample], nextCursor: null },
    },
  },
  errors: ["KN-1006"],
  async handler(call) {
    const db = directory(call.env);
    await call.identify();
    call.authorize({});
    const visible = visibleOf(call.principal, "tenant");
    const [rows] = await call.read(db, [listTenantRows(db, call.query, visible)]);
    const page = tenantPage(rows?.results ?? [], call.query);
    return { status: 200, body: { items: page.items.map(tenantJson), nextCursor: page.nextCursor } };
  },
});
