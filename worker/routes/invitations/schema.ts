import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { type Invitation, invitationState } from "../../store/invitations.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { emailSchema } from "../shared/email.ts";
import { pageOf } from "../shared/paging.ts";
import { tenantParams } from "../tenants/schema.ts";

/** Roles that one invitation gives. */
const MAX_GRANTS = 20;

const role = nameSchema.meta({ examples: ["developer"] });
const grantSchema = z.strictObject({
  role,
  project: nameSchema.optional().meta({ description: "The tenant itself where absent." }),
  environment: nameSchema.optional().meta({ description: "Needs `project`." }),
});
export type Grant = z.output<typeof grantSchema>;

export const createInvitationSchema = z
  .strictObject({
    email: emailSchema,
    grants: z
      .array(
        grantSchema.refine(
          ({ project, environment }) => environment === undefined || project !== undefined,
          "environment needs project",
        ),
      )
      .max(MAX_GRANTS)
      .default([])
      .meta({ description: "What he is given when he accepts; a member without any where empty." }),
  })
  .meta({ id: "InvitationCreate" });

export const createPlatformInvitationSchema = z
  .strictObject({ email: emailSchema, grants: z.array(z.strictObject({ role })).min(1).max(MAX_GRANTS) })
  .meta({ id: "PlatformInvitationCreate" });

export const invitationSchema = z
  .object({
    id: z.string().regex(idPattern("invitation")),
    email: z.string(),
    state: z.enum(["open", "accepted", "revoked", "expired"]),
    grants: z.array(
      z.object({
        role: z.string().meta({ description: "Name of a fixed role, or id of a custom one." }),
        projectId: z.string().optional(),
        environmentId: z.string().optional(),
      }),
    ),
    createdAt: timeSchema,
    createdBy: z.string(),
    expiresAt: timeSchema,
    acceptedAt: timeSchema.optional(),
    acceptedBy: z.string().optional(),
    revokedAt: timeSchema.optional(),
  })
  .meta({ id: "Invitation" });
export const newInvitationSchema = invitationSchema
  .extend({
    token: z.string().meta({ description: "Shown this once; only its hash is kept." }),
    accept: z
      .string()
      .meta({ description: "The command by which whoever is invited accepts, once logged in." }),
  })
  .meta({ id: "NewInvitation" });
export const invitationPageSchema = pageOf(invitationSchema).meta({ id: "InvitationPage" });

export const acceptSchema = z
  .strictObject({
    token: z
      .string()
      .max(128)
      .meta({ examples: [`inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB.${"0".repeat(64)}`] }),
  })
  .meta({ id: "InvitationAccept" });
export const acceptedSchema = z
  .object({
    tenant: z.string().optional().meta({ description: "Where he is a member now; absent for the platform." }),
    bindings: z.array(z.string().regex(idPattern("binding"))),
  })
  .meta({ id: "InvitationAccepted" });

export const platformInvitationParams = z.strictObject({
  invitation: z
    .string()
    .regex(idPattern("invitation"))
    .meta({ examples: ["inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
});
export const invitationParams = tenantParams.extend(platformInvitationParams.shape);

const time = (at: number | null) => (at === null ? undefined : iso(at));

export const invitationJson = (row: Invitation, now: number) => ({
  id: row.id,
  email: row.email,
  state: invitationState(row, now),
  grants: row.grants,
  createdAt: iso(row.createdAt),
  createdBy: row.createdBy,
  expiresAt: iso(row.expiresAt),
  acceptedAt: time(row.acceptedAt),
  acceptedBy: row.acceptedBy ?? undefined,
  revokedAt: time(row.revokedAt),
});

export const invitationExample = {
  id: "inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  email: "ada@example.com",
  state: "open" as const,
  grants: [{ role: "tenant-owner" }],
  createdAt: "2026-11-21T10:00:00.000Z",
  createdBy: "platform-admin",
  expiresAt: "2026-11-28T10:00:00.000Z",
};

const token = `inv_01KAJ7Z8Q4X2N6V0D3M5R9T1WB.${"0".repeat(64)}`;
export const newInvitationExample = {
  ...invitationExample,
  token,
  accept: `curl -sS -X POST https://kubenova.example.com/api/v1/invitations:accept -H "Authorization: Bearer $KUBENOVA_TOKEN" --json '{"token":"${token}"}'`,
};
