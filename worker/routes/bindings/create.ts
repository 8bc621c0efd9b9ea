import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findScope } from "../../store/scopes.ts";
import { findSubject } from "../../store/subjects.ts";
import { findGivenRole, givenRole } from "../shared/role.ts";
import { presentSubject } from "../shared/subject.ts";
import { tenantParams } from "../tenants/schema.ts";
import { expiryOf, give } from "./give.ts";
import { openScope } from "./place.ts";
import { bindingExample, bindingSchema, createBindingSchema } from "./schema.ts";

export const createBinding = defineRoute({
  method: "post",
  path: "/api/v1/tenants/{tenant}/bindings",
  operationId: "createBinding",
  tag: "bindings",
  summary: "Give somebody a role in a tenant",
  description:
    "At the tenant, a project, an environment, or a cluster that the tenant owns. Who gives a role must hold all of it there himself.",
  action: "binding:create",
  params: tenantParams,
  body: {
    schema: createBindingSchema,
    example: {
      subject: { kind: "user", email: "ada@example.com" },
      role: "developer",
      scope: { project: "shop" },
    },
  },
  answers: {
    201: {
      description: "The binding. It holds from the next request on.",
      schema: bindingSchema,
      example: bindingExample,
      headers: ["Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300"],
  async handler(call) {
    const { tenant } = call.params;
    const { subject: named, role: name, scope = {} } = call.body;
    const db = directory(call.env);
    const names = { tenant, ...scope };
    const [place, subjects, roles] = await call.read(db, [
      findScope(db, names),
      findSubject(db, tenant, named),
      findGivenRole(db, tenant, name),
    ]);
    const at = openScope(call, names, place?.results[0]);
    const subject = presentSubject(named, subjects?.results[0]);
    const role = givenRole(name, roles?.results[0]);
    const giving = { role, at, expiresAt: expiryOf(call, call.body.expiresAt) };
    return give(call, subject, giving, `/tenants/${tenant}/bindings`);
  },
});
