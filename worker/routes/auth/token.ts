import { z } from "zod";
import { PLATFORM_ADMIN } from "../../../domain/access/index.ts";
import { STRANGER } from "../../../domain/audit/note.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { addressOf, loginAllowed, loginFailed, loginSucceeded } from "../../limits/login.ts";
import { originOf } from "../../login/session.ts";
import { bearer } from "../../middleware/principal.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { LostRace } from "../../routing/call-input.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { mintToken, TOKEN_TTL_SECONDS } from "../../tokens/access.ts";
import { checkBreakGlass, isAdminKey } from "../../tokens/admin-key.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";

const SUBJECT = "platform/platform-admin";
const EXAMPLE_KEY = "3f1c0f5c7f0e4b6a9d2e8c1b5a7f4e3d";

export const createToken = defineRoute({
  method: "post",
  path: "/api/v1/auth/token",
  operationId: "createToken",
  tag: "auth",
  summary: "Get an access token",
  description:
    "Break-glass: takes the platform administrator's key, as `Authorization: Bearer <key>` or in the body. Send the token as `Authorization: Bearer <token>` with every other request. Each use is announced; people log in at a provider.",
  action: "public",
  body: {
    schema: z.strictObject({ key: z.string().max(1024).optional() }).meta({ id: "TokenRequest" }),
    example: { key: EXAMPLE_KEY },
    optional: true,
  },
  answers: {
    201: {
      description: "A token, good for 15 minutes.",
      schema: z
        .object({
          token: z.string(),
          tokenType: z.literal("Bearer"),
          expiresIn: z.int(),
          expiresAt: timeSchema,
        })
        .meta({ id: "AccessToken" }),
      example: {
        token: "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJwbGF0Zm9ybS1hZG1pbiJ9.c2lnbmF0dXJl",
        tokenType: "Bearer",
        expiresIn: TOKEN_TTL_SECONDS,
        expiresAt: "2026-11-21T10:15:00.000Z",
      },
    },
  },
  errors: ["KN-1100", "KN-1110", "KN-1602"],
  async handler(call) {
    checkBreakGlass(call.env);
    const key = call.body?.key ?? bearer(call.request);
    // By its address alone: nobody guesses such a key, and who needs it in an emergency must not find it locked.
    const attempt = { address: addressOf(call.request) };
    await loginAllowed(call.env, attempt, call.now);
    const isRight = key !== undefined && (await isAdminKey(call.env, key));
    await (isRight ? loginSucceeded : loginFailed)(call.env, attempt, call.now);
    if (!isRight) {
      // Whoever it was: like ones are counted together, so that no stranger fills the log.
      call.audit({
        action: "break-glass",
        object: SUBJECT,
        actor: STRANGER,
        outcome: "denied",
        reason: "wrong key",
      });
      throw new KubeNovaError("KN-1100", "That is not the platform administrator's key.");
    }
    const { token, expiresAt } = await mintToken(call.env, { kind: "platform-admin" }, call.now);
    return announced(call, {
      status: 201,
      body: { token, tokenType: "Bearer", expiresIn: TOKEN_TTL_SECONDS, expiresAt: iso(expiresAt) },
    });
  },
});

/**
 * Each use of the key stands in the audit log and is an event. It is the way in when all else is lost: where the database
 * is lost too, the program's log has to do.
 */
async function announced(call: Call, answer: Answer): Promise<Answer> {
  const { address, userAgent } = originOf(call.request);
  const db = directory(call.env);
  try {
    await call.read(db, []);
    return await call.commit({
      db,
      statements: [],
      events: [
        {
          type: "evt.access.changed",
          tenantId: null,
          subject: SUBJECT,
          data: {
            kind: "break-glass-used",
            before: null,
            after: { address, userAgent, requestId: call.requestId },
          },
        },
      ],
      answer,
      secretReference: SUBJECT,
      audit: { action: "break-glass", object: SUBJECT, tenantId: null, actor: PLATFORM_ADMIN },
    });
  } catch (error) {
    if (error instanceof LostRace || error instanceof KubeNovaError) throw error;
    const use = { address, userAgent, requestId: call.requestId, error: String(error) };
    console.error(JSON.stringify({ message: "break-glass was used, and could not be recorded", ...use }));
    return answer;
  }
}
