import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { Team, TeamMember } from "../../store/teams.ts";
import { userSubjectSchema } from "../bindings/subject-schema.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";
import { tenantParams } from "../tenants/schema.ts";

export const createTeamSchema = z
  .strictObject({ name: nameSchema, displayName: displayNameSchema.optional() })
  .meta({ id: "TeamCreate" });
export const patchTeamSchema = z
  .strictObject({ displayName: displayNameSchema.nullable().optional() })
  .meta({ id: "TeamPatch" });
export const teamSchema = z
  .object({
    id: z.string().regex(idPattern("team")),
    name: nameSchema,
    displayName: z.string().optional(),
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Team" });
export const teamPageSchema = pageOf(teamSchema).meta({ id: "TeamPage" });

export const addTeamMemberSchema = z
  .discriminatedUnion("kind", [
    userSubjectSchema,
    z.strictObject({ kind: z.literal("service-account"), name: nameSchema }),
  ])
  .meta({ id: "TeamMemberAdd" });
export const teamMemberSchema = z
  .object({
    kind: z.enum(["user", "service-account"]),
    id: z.string(),
    email: z.string().optional(),
    name: z.string().optional(),
    since: timeSchema,
  })
  .meta({ id: "TeamMember" });
export const teamMemberListSchema = z
  .object({ items: z.array(teamMemberSchema) })
  .meta({ id: "TeamMemberList" });

export const teamParams = tenantParams.extend({ team: nameSchema.meta({ examples: ["payments"] }) });
export const teamMemberParams = teamParams.extend({
  member: z
    .string()
    .regex(new RegExp(`${idPattern("user").source}|${idPattern("serviceAccount").source}`))
    .meta({ examples: ["usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
});

export const teamJson = (team: Team) => ({
  id: team.id,
  name: team.name,
  displayName: team.displayName ?? undefined,
  version: team.version,
  createdAt: iso(team.createdAt),
  updatedAt: iso(team.updatedAt),
});

export function teamMemberJson({ member, label, since }: TeamMember) {
  const [kind = "", id = ""] = member.split("/");
  return { kind, id, [kind === "user" ? "email" : "name"]: label ?? undefined, since: iso(since) };
}

export const teamExample = {
  id: "tem_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "payments",
  displayName: "Payments",
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
export const teamMemberExample = {
  kind: "user" as const,
  id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  email: "ada@example.com",
  since: "2026-11-21T10:00:00.000Z",
};
