import { z } from "zod";
import { noRefreshCookie } from "../../login/cookies.ts";
import { givenToken, presentedSession } from "../../login/credential.ts";
import { endForReuse, endLogin } from "../../login/ending.ts";
import type { Answer } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { REFRESH_EXAMPLE, refreshTokenSchema } from "./schema.ts";

export const logout = defineRoute({
  method: "post",
  path: "/api/v1/auth/logout",
  operationId: "logout",
  tag: "auth",
  summary: "End a login",
  description:
    "Ends the login of a refresh token: its tokens are refused from now on, the access token too. A token that is unknown or whose login has ended is no error.",
  action: "public",
  shield: "refresh",
  body: {
    schema: z.strictObject({ refreshToken: refreshTokenSchema.optional() }).meta({ id: "LogoutRequest" }),
    example: { refreshToken: REFRESH_EXAMPLE },
    optional: true,
  },
  answers: { 204: { description: "The login has ended." } },
  errors: ["KN-1100", "KN-1117"],
  async handler(call) {
    const given = givenToken(call, call.body?.refreshToken);
    const answer: Answer = {
      status: 204,
      ...(given.byCookie ? { headers: { "Set-Cookie": noRefreshCookie() } } : {}),
    };
    const presented = await presentedSession(call.env, given.token, call.now);
    if (!presented || presented.session.endedAt !== null) return answer;
    if (presented.decision === "reused") {
      await endForReuse(call, presented);
      return answer;
    }
    await call.read(directory(call.env), []);
    return endLogin(call, presented, "logout", answer);
  },
});
