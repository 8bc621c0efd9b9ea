import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { bearer } from "../../middleware/principal.ts";
import { isAdminKey, mintToken, TOKEN_TTL_SECONDS } from "../../middleware/tokens.ts";
import { defineRoute } from "../../routing/define.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";

const EXAMPLE_KEY = "3f1c0f5c7f0e4b6a9d2e8c1b5a7f4e3d";

export const createToken = defineRoute({
  method: "post",
  path: "/api/v1/auth/token",
  operationId: "createToken",
  tag: "auth",
  summary: "Get an access token",
  description:
    "Takes the platform administrator's key, as `Authorization: Bearer <key>` or in the body. Send the token as `Authorization: Bearer <token>` with every other request.",
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
        token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJwbGF0Zm9ybS1hZG1pbiJ9.c2lnbmF0dXJl",
        tokenType: "Bearer",
        expiresIn: TOKEN_TTL_SECONDS,
        expiresAt: "2026-11-21T10:15:00.000Z",
      },
    },
  },
  errors: ["KN-1100"],
  async handler(call) {
    const key = call.body?.key ?? bearer(call.request);
    if (!key || !(await isAdminKey(call.env, key))) {
      throw new KubeNovaError("KN-1100", "That is not the platform administrator's key.");
    }
    const { token, expiresAt } = await mintToken(call.env, call.now);
    return {
      status: 201,
      body: { token, tokenType: "Bearer", expiresIn: TOKEN_TTL_SECONDS, expiresAt: iso(expiresAt) },
    };
  },
});
