import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { hostOf, isFromOurs, whyAsk } from "../../../domain/identity/leading.ts";
import { safeReturnTo } from "../../../domain/identity/return-to.ts";
import { addressOf, loginAllowed, loginSucceeded } from "../../limits/login.ts";
import { ATTEMPT_TTL_MS, beginAttempt } from "../../login/attempt.ts";
import { clientOf, openProvider } from "../../login/provider.ts";
import { authorizationUrl } from "../../oidc/login.ts";
import { type Metadata, metadataOf } from "../../oidc/metadata.ts";
import { outboundOf } from "../../outbound/guarded-fetch.ts";
import { orErrorPage } from "../../pages/error.ts";
import { askPage } from "../../pages/login.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import type { IdentityProvider } from "../../store/identity-providers.ts";
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
    "For browsers: leads to the provider, and from there back to `returnTo`, with a login in the browser's cookie. Where no page of this manager's own or of an origin in CORS_ORIGINS sent the browser, and where a tenant's provider has its login page on another host than its issuer, a page asks first.",
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
    confirmed: z
      .string()
      .max(260)
      .optional()
      .meta({
        description: "The host that the page named and the person agreed to.",
        examples: ["login.example.com"],
      }),
  }),
  answers: {
    200: {
      description: "A page: whether to go on.",
      mediaType: "text/html",
      schema: z.string(),
      example: "<!doctype html>",
    },
    302: { description: "To the provider.", headers: ["Location"] },
  },
  errors: ["KN-1114", "KN-1116", "KN-1602", "KN-1610", "KN-1611"],
  handler: (call) => orErrorPage(call, lead(call)),
});

interface Query {
  returnTo?: string | undefined;
  confirmed?: string | undefined;
}

async function lead(call: Call<{ provider: string }, Query>): Promise<Answer | Response> {
  const origins = originsOf(call.env.CORS_ORIGINS);
  const returnTo = safeReturnTo(call.query.returnTo ?? "/device", origins);
  if (returnTo === undefined) throw new KubeNovaError("KN-1116");
  const tries = { address: addressOf(call.request) };
  await loginAllowed(call.env, tries, call.now);
  const db = directory(call.env);
  const provider = await openProvider(db, call.params.provider);
  const metadata = await metadataOf(outboundOf(call.env, provider.tenantId), provider.issuer, call.now);
  const question = questionOf(call, provider, metadata, origins);
  if (question) {
    call.waitUntil(loginSucceeded(call.env, tries, call.now));
    return askPage({ ...question, goOn: goOnUrl(provider.id, returnTo, question.host) });
  }
  const { proof, stateHash, cookie } = await beginAttempt();
  const expiresAt = call.now + ATTEMPT_TTL_MS;
  await insertLoginAttempt(db, { stateHash, providerId: provider.id, returnTo, expiresAt }).run();
  const redirectUri = callbackUri(new URL(call.request.url).origin, provider.id);
  const client = await clientOf(call.env, provider);
  const location = await authorizationUrl(metadata, client, proof, redirectUri);
  return { status: 302, location, headers: { "Set-Cookie": cookie } };
}

/** What the person is asked first; undefined where he is led on at once. */
function questionOf(
  { request, query }: Pick<Call<unknown, Query>, "request" | "query">,
  { tenantId, issuer, name, displayName }: IdentityProvider,
  { server }: Metadata,
  origins: readonly string[],
) {
  const arrival = { site: request.headers.get("sec-fetch-site"), referrer: request.headers.get("referer") };
  const endpoint = server.authorization_endpoint ?? "";
  const why = whyAsk({
    fromOurs: isFromOurs(arrival, origins),
    isTenants: tenantId !== null,
    issuer,
    endpoint,
    confirmed: query.confirmed,
  });
  return why && { why, provider: displayName ?? name, host: hostOf(endpoint) };
}

const goOnUrl = (providerId: string, returnTo: string, confirmed: string): string =>
  `/api/v1/auth/login/${providerId}?${new URLSearchParams({ returnTo, confirmed })}`;

const originsOf = (list: string | undefined): string[] =>
  (list ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]));
