import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import type { Session } from "../../store/sessions.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";

export const sessionIdParam = z
  .string()
  .regex(idPattern("session"))
  .meta({ examples: ["ses_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] });

export const mySessionSchema = z
  .object({
    id: z.string().regex(idPattern("session")),
    current: z.boolean().meta({ description: "The one of this very request." }),
    provider: z.string().optional().meta({ description: "Name of the provider that said who it is." }),
    tenantId: z
      .string()
      .regex(idPattern("tenant"))
      .optional()
      .meta({ description: "The one tenant that it is good for: its provider is that tenant's own." }),
    address: z.string().optional(),
    userAgent: z.string().optional(),
    createdAt: timeSchema,
    expiresAt: timeSchema,
    lastUsedAt: timeSchema.optional().meta({ description: "Written at most once an hour." }),
  })
  .meta({ id: "MySession" });

export const mySessionListSchema = z
  .object({ items: z.array(mySessionSchema) })
  .meta({ id: "MySessionList" });

export const sessionJson = (session: Session, provider: string | null, currentId: string | undefined) => ({
  id: session.id,
  current: session.id === currentId,
  provider: provider ?? undefined,
  tenantId: session.tenantId ?? undefined,
  address: session.address ?? undefined,
  userAgent: session.userAgent ?? undefined,
  createdAt: iso(session.createdAt),
  expiresAt: iso(session.expiresAt),
  lastUsedAt: session.lastUsedAt === null ? undefined : iso(session.lastUsedAt),
});

export const mySessionExample = {
  id: "ses_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  current: true,
  provider: "google",
  address: "203.0.113.7",
  userAgent: "Mozilla/5.0",
  createdAt: "2026-11-21T10:00:00.000Z",
  expiresAt: "2026-11-28T10:00:00.000Z",
  lastUsedAt: "2026-11-21T10:00:00.000Z",
};

export const meSchema = z
  .object({
    kind: z.enum(["platform-admin", "user", "service-account"]),
    id: z.string(),
    email: z.string().optional(),
    displayName: z.string().optional(),
    sessionId: z.string().optional(),
    keyId: z.string().optional(),
    tenantId: z
      .string()
      .optional()
      .meta({ description: "The one tenant that the login or key is good for." }),
    tenants: z
      .array(
        z.object({
          id: z.string().regex(idPattern("tenant")),
          name: z.string(),
          displayName: z.string().optional(),
        }),
      )
      .meta({ description: "Where this user is a member." }),
  })
  .meta({ id: "Me" });

export const meExample = {
  kind: "user" as const,
  id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  email: "ada@example.com",
  displayName: "Ada",
  sessionId: mySessionExample.id,
  tenants: [{ id: "ten_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", name: "acme", displayName: "Acme Corporation" }],
};
