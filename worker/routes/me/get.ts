import { limitsOf } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { findMe, meOf } from "../../store/me.ts";
import { meExample, meSchema } from "./schema.ts";

export const getMe = defineRoute({
  method: "get",
  path: "/api/v1/me",
  operationId: "getMe",
  tag: "me",
  summary: "Who this is",
  action: "self",
  answers: { 200: { description: "The holder of the credential.", schema: meSchema, example: meExample } },
  async handler(call) {
    const db = directory(call.env);
    await call.identify();
    call.authorize({});
    const { principal } = call;
    const limit = limitsOf(principal).tenantId;
    const found =
      principal.kind === "user" ? meOf((await findMe(db, principal.id).first()) ?? undefined) : undefined;
    const tenants = (found?.tenants ?? []).filter(({ id }) => limit === undefined || id === limit);
    return {
      status: 200,
      body: {
        kind: principal.kind,
        id: principal.id,
        email: found?.email,
        displayName: found?.displayName ?? undefined,
        sessionId: "sessionId" in principal ? principal.sessionId : undefined,
        keyId: "keyId" in principal ? principal.keyId : undefined,
        tenantId: limit,
        tenants: tenants.map((tenant) => ({ ...tenant, displayName: tenant.displayName ?? undefined })),
      },
    };
  },
});
