import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { idPageFields } from "../shared/id-paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { answerPage, invitationPageAnswers } from "./page.ts";

export const listInvitations = defineRoute({
  method: "get",
  path: "/api/v1/tenants/{tenant}/invitations",
  operationId: "listInvitations",
  tag: "invitations",
  summary: "List the invitations of a tenant",
  action: "invitation:list",
  params: tenantParams,
  query: z.strictObject(idPageFields),
  answers: invitationPageAnswers,
  errors: ["KN-1006"],
  handler: (call) => answerPage(call, call.params.tenant),
});
