import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { TOKEN_TTL_SECONDS } from "../../tokens/access.ts";
import { timeSchema } from "../shared/catalogue.ts";

const SESSION_EXAMPLE = "ses_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
export const PROVIDER_EXAMPLE = "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";
export const REFRESH_EXAMPLE = `knr_${SESSION_EXAMPLE}.1.n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg`;

/** Longer than ours ever are; what has not their form is refused by its form. */
export const refreshTokenSchema = z.string().max(256);

/** What a login or a refresh gives. */
export const tokensSchema = z
  .object({
    token: z.string(),
    tokenType: z.literal("Bearer"),
    expiresIn: z.int(),
    expiresAt: timeSchema,
    refreshToken: z.string().optional().meta({ description: "Absent where it is in the browser's cookie." }),
    refreshExpiresAt: timeSchema,
    sessionId: z.string().regex(idPattern("session")),
  })
  .meta({ id: "LoginTokens" });

export const tokensExample = {
  token: "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1c3JfMDFLQUoifQ.c2lnbmF0dXJl",
  tokenType: "Bearer" as const,
  expiresIn: TOKEN_TTL_SECONDS,
  expiresAt: "2026-11-21T10:15:00.000Z",
  refreshToken: REFRESH_EXAMPLE,
  refreshExpiresAt: "2026-11-28T10:00:00.000Z",
  sessionId: SESSION_EXAMPLE,
};

export const providerParam = z
  .string()
  .regex(idPattern("identityProvider"))
  .meta({ examples: [PROVIDER_EXAMPLE] });
