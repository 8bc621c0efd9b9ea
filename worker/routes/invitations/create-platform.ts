import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findGivenRole, givenRole } from "../shared/role.ts";
import { invite } from "./make.ts";
import { createPlatformInvitationSchema, newInvitationExample, newInvitationSchema } from "./schema.ts";

export const createPlatformInvitation = defineRoute({
  method: "post",
  path: "/api/v1/invitations",
  operationId: "createPlatformInvitation",
  tag: "invitations",
  summary: "Invite somebody to a role at the platform",
  description: "The first administrators of an installation, for one.",
  action: "platform-access:update",
  body: {
    schema: createPlatformInvitationSchema,
    example: { email: "ada@example.com", grants: [{ role: "platform-admin" }] },
  },
  answers: {
    201: {
      description: "The invitation, with its token.",
      schema: newInvitationSchema,
      example: { ...newInvitationExample, grants: [{ role: "platform-admin" }] },
      headers: ["Location"],
    },
  },
  errors: ["KN-1130", "KN-1133", "KN-1300", "KN-1304"],
  async handler(call) {
    const { email, grants } = call.body;
    const db = directory(call.env);
    const rows = await call.read(
      db,
      grants.map(({ role }) => findGivenRole(db, null, role)),
    );
    call.authorize({});
    const given = grants.map(({ role }, i) => ({
      role: givenRole(role, rows[i]?.results[0], `grants.${i}.role`),
      scope: { level: "platform" } as const,
    }));
    return invite(call, { tenantId: null, path: "/api/v1/invitations" }, email, given);
  },
});
