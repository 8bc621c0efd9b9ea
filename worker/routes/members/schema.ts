import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import type { Member } from "../../store/members.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { patchUserSchema, relinkToSchema, userIdSchema } from "../users/schema.ts";

export const memberSchema = z
  .object({
    id: z.string().regex(idPattern("user")),
    email: z.string(),
    displayName: z.string().optional(),
    state: z.enum(["active", "disabled"]),
    relinkTo: relinkToSchema.optional(),
    memberSince: timeSchema,
    addedBy: z.string(),
    lastUsedAt: timeSchema.optional().meta({ description: "To the hour." }),
  })
  .meta({ id: "Member" });
export const memberPageSchema = pageOf(memberSchema).meta({ id: "MemberPage" });

export const patchMemberSchema = patchUserSchema.meta({ id: "MemberPatch" });

export const memberParams = tenantParams.extend({ user: userIdSchema });

export const memberJson = (member: Member) => ({
  id: member.id,
  email: member.email,
  displayName: member.displayName ?? undefined,
  state: member.state,
  relinkTo: member.relinkTo ?? undefined,
  memberSince: iso(member.since),
  addedBy: member.by,
  lastUsedAt: member.lastUsedAt === null ? undefined : iso(member.lastUsedAt),
});

export const memberExample = {
  id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  email: "ada@example.com",
  displayName: "Ada Lovelace",
  state: "active" as const,
  memberSince: "2026-11-21T10:00:00.000Z",
  addedBy: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WC",
  lastUsedAt: "2026-11-21T11:00:00.000Z",
};
