import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { type JoinToken, joinTokenState } from "../../store/join-tokens.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";

export const joinTokenSchema = z
  .object({
    id: z.string().regex(idPattern("joinToken")),
    state: z.enum(["valid", "used", "revoked", "expired"]),
    createdAt: timeSchema,
    createdBy: z.string(),
    expiresAt: timeSchema,
    usedAt: timeSchema.optional(),
    revokedAt: timeSchema.optional(),
  })
  .meta({ id: "JoinToken" });

export const newJoinTokenSchema = joinTokenSchema
  .extend({
    token: z.string().meta({ description: "Shown this once; only its hash is kept." }),
    install: z.string().meta({ description: "The command that installs the agent with it." }),
  })
  .meta({ id: "NewJoinToken" });

export const joinTokenListSchema = z
  .object({ items: z.array(joinTokenSchema) })
  .meta({ id: "JoinTokenList" });

export const joinTokenJson = (token: JoinToken, now: number) => ({
  id: token.id,
  state: joinTokenState(token, now),
  createdAt: iso(token.createdAt),
  createdBy: token.createdBy,
  expiresAt: iso(token.expiresAt),
  ...(token.usedAt === null ? {} : { usedAt: iso(token.usedAt) }),
  ...(token.revokedAt === null ? {} : { revokedAt: iso(token.revokedAt) }),
});
