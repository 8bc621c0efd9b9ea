import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { addressOf, loginAllowed, loginFailed, loginSucceeded } from "../../limits/login.ts";
import { arrive } from "../../login/arrive.ts";
import { type Attempt, attemptOf } from "../../login/attempt.ts";
import { refreshCookie } from "../../login/cookies.ts";
import { loginUnnamed, strangerDenied } from "../../login/denied.ts";
import { clientOf, openProvider } from "../../login/provider.ts";
import { claimsForCode } from "../../oidc/login.ts";
import { metadataOf } from "../../oidc/metadata.ts";
import { outboundOf } from "../../outbound/guarded-fetch.ts";
import { orErrorPage } from "../../pages/error.ts";
import type { Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import type { IdentityProvider } from "../../store/identity-providers.ts";
import { takeLoginAttempt } from "../../store/login-attempts.ts";
import { callbackUri } from "../identity-providers/schema.ts";
import { providerParam } from "./schema.ts";

/** What a provider sends in a query: codes and words, of a few kilobytes at most. */
const part = z.string().max(4_096).optional();
type CallbackCall = Call<{ provider: string }, { state?: string | undefined }>;

export const finishLogin = defineRoute({
  method: "get",
  path: "/api/v1/auth/callback/{provider}",
  operationId: "finishLogin",
  tag: "auth",
  summary: "Come back from a provider",
  description:
    "To be registered with the provider as the redirect URI. It works once, in the browser that began the login.",
  action: "public",
  params: z.strictObject({ provider: providerParam }),
  query: z.looseObject({ state: part, code: part, iss: part, error: part, error_description: part }),
  answers: {
    303: {
      description: "To where the login was to lead, with the login in a cookie.",
      headers: ["Location"],
    },
  },
  errors: ["KN-1113", "KN-1114", "KN-1115", "KN-1119", "KN-1602", "KN-1610", "KN-1611"],
  handler: (call) => orErrorPage(call, finish(call)),
});

async function finish(call: CallbackCall): Promise<Response> {
  const attempt = await attemptOf(call.request, call.query.state ?? null);
  const unknown = () =>
    strangerDenied(call, new KubeNovaError("KN-1113"), `identity-provider/${call.params.provider}`);
  if (!attempt) throw unknown();
  const tries = { address: addressOf(call.request) };
  await loginAllowed(call.env, tries, call.now);
  const db = directory(call.env);
  const providerId = call.params.provider;
  const taken = await takeLoginAttempt(db, attempt.stateHash, providerId, call.now).first<{
    returnTo: string;
  }>();
  if (!taken) throw unknown();
  try {
    const { row, refreshToken } = await comeBack(call, attempt);
    await loginSucceeded(call.env, tries, call.now);
    const headers = new Headers({ Location: taken.returnTo });
    headers.append("Set-Cookie", attempt.cookie);
    headers.append("Set-Cookie", refreshCookie(refreshToken, row.expiresAt, call.now));
    return new Response(null, { status: 303, headers });
  } catch (error) {
    call.waitUntil(loginFailed(call.env, tries, call.now));
    throw error;
  }
}

async function comeBack(call: CallbackCall, attempt: Attempt) {
  const provider = await openProvider(directory(call.env), call.params.provider);
  const claims = await claimsOf(call, provider, attempt).catch((error: unknown) => {
    throw loginUnnamed(call, error, provider);
  });
  return arrive(call, provider, claims);
}

async function claimsOf(call: CallbackCall, provider: IdentityProvider, attempt: Attempt) {
  const outbound = outboundOf(call.env, provider.tenantId);
  const metadata = await metadataOf(outbound, provider.issuer, call.now);
  const url = new URL(call.request.url);
  const callback = { query: url.searchParams, redirectUri: callbackUri(url.origin, provider.id) };
  const client = await clientOf(call.env, provider);
  return claimsForCode(outbound, metadata, client, attempt.proof, callback);
}
