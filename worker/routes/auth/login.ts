import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { safeReturnTo } from "../../../domain/identity/return-to.ts";
import { addressOf, loginAllowed } from "../../limits/login.ts";
import { ATTEMPT_TTL_MS, beginAttempt } from "../../login/attempt.ts";
import { clientOf, openProvider } from "../../login/provider.ts";
import { authorizationUrl } from "../../oidc/login.ts";
import { metadataOf } from "../../oidc/metadata.ts";
import { orErrorPage } from "../../pages/error.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { insertLoginAttempt } from "../../store/login-attempts.ts";
import { callbackUri } from "../identity-providers/schema.ts";
import { providerParam } from "./schema.ts";

export const startLogin = defineRoute({
  method: "get",
  path: "/api/v1/auth/login/{provider}",
  operationId: "startLogin",
  tag: "auth",
  summary: "Log in at a provider",
  description:
    "For browsers: leads to the provider, and from there back to `returnTo`, with a login in the browser's cookie.",
  action: "public",
  params: z.strictObject({ provider: providerParam }),
  query: z.strictObject({
    returnTo: z
      .string()
      .max(1024)
      .optional()
      .meta({
        description: "A path of this manager, or an address of an origin in CORS_ORIGINS.",
        examples: ["/device"],
      }),
  }),
  answers: { 302: { description: "To the provider.", headers: ["Location"] } },
  errors: ["KN-1114", "KN-1116", "KN-1602", "KN-1610", "KN-1611"],
  handler: (call) => orErrorPage(call, lead(call)),
});

async function lead(call: Call<{ provider: string }, { returnTo?: string | undefined }>): Promise<Answer> {
  const returnTo = safeReturnTo(call.query.returnTo ?? "/device", originsOf(call.env.CORS_ORIGINS));
  if (returnTo === undefined) throw new KubeNovaError("KN-1116");
  await loginAllowed(call.env, { address: addressOf(call.request) }, call.now);
  const db = directory(call.env);
  const provider = await openProvider(db, call.params.provider);
  const metadata = await metadataOf(call.env, provider.issuer, call.now);
  const { proof, stateHash, cookie } = await beginAttempt();
  const expiresAt = call.now + ATTEMPT_TTL_MS;
  await insertLoginAttempt(db, { stateHash, providerId: provider.id, returnTo, expiresAt }).run();
  const redirectUri = callbackUri(new URL(call.request.url).origin, provider.id);
  const client = await clientOf(call.env, provider);
  const location = await authorizationUrl(metadata, client, proof, redirectUri);
  return { status: 302, location, headers: { "Set-Cookie": cookie } };
}

const originsOf = (list: string | undefined): string[] =>
  (list ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
