import type { z } from "zod";
import type { Answer, Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { invitationPage, listInvitations } from "../../store/invitations.ts";
import { openHome, tenantStatement } from "../shared/home.ts";
import { type idPageFields, idPageOf } from "../shared/id-paging.ts";
import { invitationExample, invitationJson, invitationPageSchema } from "./schema.ts";

/** What both lists answer. */
export const invitationPageAnswers = {
  200: {
    description: "A page of invitations, without their tokens; 30 days after their time they are forgotten.",
    schema: invitationPageSchema,
    example: { items: [invitationExample], nextCursor: null },
  },
};

/** A page of the invitations of a tenant, or of the platform where it is null. */
export async function answerPage(
  call: Call<unknown, z.output<z.ZodObject<typeof idPageFields>>>,
  tenant: string | null,
): Promise<Answer> {
  const db = directory(call.env);
  const query = idPageOf(call.query);
  const [rows, place] = await call.read(db, [
    listInvitations(db, tenant, query),
    ...tenantStatement(call, tenant),
  ]);
  openHome(call, tenant, place);
  const { items, nextCursor } = invitationPage(rows?.results ?? [], query);
  return { status: 200, body: { items: items.map((row) => invitationJson(row, call.now)), nextCursor } };
}
