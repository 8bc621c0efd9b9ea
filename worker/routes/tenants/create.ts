import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findTenant, tenantOf } from "../../store/tenants.ts";
import { nameIsFree } from "../shared/catalogue.ts";
import { createTenantSchema, tenantExample, tenantSchema } from "./schema.ts";
import { createTenantRow } from "./write.ts";

export const createTenant = defineRoute({
  method: "post",
  path: "/api/v1/tenants",
  operationId: "createTenant",
  tag: "tenants",
  summary: "Create a tenant",
  action: "tenant:create",
  body: {
    schema: createTenantSchema,
    example: { name: "acme", displayName: "Acme Corporation", labels: { plan: "team" } },
  },
  answers: {
    201: {
      description: "The tenant.",
      schema: tenantSchema,
      example: tenantExample,
      headers: ["ETag", "Location"],
    },
  },
  errors: ["KN-1300"],
  async handler(call) {
    const db = directory(call.env);
    const [found] = await call.read(db, [findTenant(db, call.body.name)]);
    call.authorize({});
    nameIsFree("tenant", tenantOf(found?.results[0]));
    const { name, ...write } = call.body;
    return createTenantRow(call, name, write);
  },
});
