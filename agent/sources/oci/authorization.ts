import { z } from "zod";
import { wholeBody } from "../network/body.ts";
import type { Http } from "../network/http.ts";
import { SourceError } from "../types.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { RegistryCredentials } from "./docker-config.ts";

export interface AuthorizationOptions {
  http: Http;
  credentials: RegistryCredentials | undefined;
  repository: string;
  /** The registry is spoken to by plain HTTP, and so may its token server be. */
  isInsecure: boolean;
}

const MAX_TOKEN_ANSWER = 64 * 1024;
const CLIENT_ID = "kubenova-agent";
const tokenSchema = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * The Authorization header that answers a 401's challenge: Basic, or a bearer token of the realm, for pulling from this
 * repository and nothing else, whatever the challenge asks for.
 * @throws SourceError `unauthorized` where there is none
 */
export async function answerChallenge(
  header: string | undefined,
  options: AuthorizationOptions,
  signal: AbortSignal,
): Promise<string> {
  const challenges = parseChallenges(header ?? "");
  const { credentials } = options;
  if (credentials?.registryToken) return `Bearer ${credentials.registryToken}`;
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer) return `Bearer ${await tokenOf(bearer, options, signal)}`;
  const basic = basicOf(credentials);
  if (basic && challenges.some(({ scheme }) => scheme === "basic")) return basic;
  throw refused(credentials);
}

async function tokenOf(
  challenge: Challenge,
  options: AuthorizationOptions,
  signal: AbortSignal,
): Promise<string> {
  const { http, credentials } = options;
  const realm = realmOf(challenge, options.isInsecure);
  const fields = new URLSearchParams({ scope: `repository:${options.repository}:pull` });
  if (challenge.parameters.service) fields.set("service", challenge.parameters.service);
  const headers = { accept: "application/json" };
  const message = credentials?.identityToken
    ? await http.send(realm, {
        method: "POST",
        headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
        body: refreshForm(fields, credentials.identityToken),
        signal,
      })
    : await http.send(withFields(realm, fields), {
        method: "GET",
        headers: { ...headers, ...authorization(basicOf(credentials)) },
        signal,
      });
  const status = message.statusCode ?? 0;
  const body = await wholeBody(message, realm, MAX_TOKEN_ANSWER);
  if (status >= 500 || status === 429) {
    throw new SourceError("unreachable", `the token server ${realm.host} answers ${status}`);
  }
  if (status !== 200) throw refused(credentials, ` (the token server ${realm.host} answers ${status})`);
  const { token, access_token } = answerOf(body, realm);
  const found = token || access_token;
  if (!found) throw new SourceError("invalid", `the token server ${realm.host} answers without a token`);
  return found;
}

function realmOf({ parameters }: Challenge, isInsecure: boolean): URL {
  const realm = URL.canParse(parameters.realm ?? "") ? new URL(parameters.realm ?? "") : undefined;
  if (!realm || realm.username || realm.password)
    throw new SourceError("invalid", "the registry's realm is no URL");
  if (realm.protocol !== "https:" && !(isInsecure && realm.protocol === "http:")) {
    throw new SourceError("invalid", `the registry's token server ${realm.host} is not reached by https`);
  }
  return realm;
}

function withFields(realm: URL, fields: URLSearchParams): URL {
  const url = new URL(realm);
  for (const [name, value] of fields) url.searchParams.set(name, value);
  return url;
}

function refreshForm(fields: URLSearchParams, refreshToken: string): string {
  const form = new URLSearchParams(fields);
  form.set("grant_type", "refresh_token");
  form.set("client_id", CLIENT_ID);
  form.set("refresh_token", refreshToken);
  return form.toString();
}

function answerOf(body: Buffer, realm: URL): z.infer<typeof tokenSchema> {
  try {
    return tokenSchema.parse(JSON.parse(body.toString("utf8")));
  } catch {
    throw new SourceError("invalid", `the token server ${realm.host} answers no JSON`);
  }
}

function basicOf(credentials: RegistryCredentials | undefined): string | undefined {
  if (credentials?.username === undefined || credentials.password === undefined) return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

export const authorization = (value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { authorization: value };

export function refused(credentials: RegistryCredentials | undefined, detail = ""): SourceError {
  const why = credentials
    ? "the registry refuses the credentials of the pull secret"
    : "the registry wants credentials, and there are none for it: pullSecretRef is to name a Secret whose .dockerconfigjson has this registry";
  return new SourceError("unauthorized", why + detail);
}
