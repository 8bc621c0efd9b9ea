import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findScope } from "../../store/scopes.ts";
import { findSubject } from "../../store/subjects.ts";
import { findGivenRole, givenRole } from "../shared/role.ts";
import { presentSubject } from "../shared/subject.ts";
import { expiryOf, give } from "./give.ts";
import { openPlatformScope } from "./place.ts";
import { bindingSchema, createPlatformBindingSchema, platformBindingExample } from "./schema.ts";

export const createPlatformBinding = defineRoute({
  method: "post",
  path: "/api/v1/bindings",
  operationId: "createPlatformBinding",
  tag: "bindings",
  summary: "Give somebody a role at the platform or on a cluster",
  description: "To a user, a service account of the platform, or a group of its providers.",
  action: "platform-access:update",
  body: {
    schema: createPlatformBindingSchema,
    example: { subject: { kind: "user", email: "ada@example.com" }, role: "platform-ops" },
  },
  answers: {
    201: {
      description: "The binding. It holds from the next request on.",
      schema: bindingSchema,
      example: platformBindingExample,
      headers: ["Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1200", "KN-1300"],
  async handler(call) {
    const { subject: named, role: name, scope = {} } = call.body;
    const db = directory(call.env);
    const [place, subjects, roles] = await call.read(db, [
      findScope(db, scope),
      findSubject(db, null, named),
      findGivenRole(db, null, name),
    ]);
    const at = openPlatformScope(call, scope, place?.results[0]);
    const subject = presentSubject(named, subjects?.results[0]);
    const role = givenRole(name, roles?.results[0]);
    const giving = { role, at, expiresAt: expiryOf(call, call.body.expiresAt) };
    return give(call, subject, giving, "/bindings");
  },
});
