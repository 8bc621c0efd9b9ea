import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { idPageFields } from "../shared/id-paging.ts";
import { answerPage, invitationPageAnswers } from "./page.ts";

export const listPlatformInvitations = defineRoute({
  method: "get",
  path: "/api/v1/invitations",
  operationId: "listPlatformInvitations",
  tag: "invitations",
  summary: "List the invitations of the platform",
  action: "platform-access:get",
  query: z.strictObject(idPageFields),
  answers: invitationPageAnswers,
  errors: ["KN-1006"],
  handler: (call) => answerPage(call, null),
});
