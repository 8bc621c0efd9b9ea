import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as joseFetch } from "jose";
import * as oauth from "oauth4webapi";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Outbound } from "../outbound/guarded-fetch.ts";
import { unusable } from "./failure.ts";
import { type ProviderFetch, providerFetch } from "./transport.ts";

/** What a provider says of itself (OpenID Connect Discovery 1.0), and its keys. */
export interface Metadata {
  server: oauth.AuthorizationServer;
  /** Finds the key of a token. An unknown `kid` is asked for once more, at most every {@link KEYS_COOLDOWN_MS}. */
  keys: JWTVerifyGetKey;
}

/** Signatures that are taken: by a private key alone. `none` and those by a shared secret are in no list. */
export const SIGNATURES: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Providers change what they say of themselves rarely, and announce keys before they sign with them. */
const METADATA_TTL_MS = 10 * 60 * 1000;
const KEYS_TTL_MS = 10 * 60 * 1000;
const KEYS_COOLDOWN_MS = 10_000;
const MAX_KNOWN = 200;
/** Of what a provider says, where it is shown to whoever set it up. */
const MAX_SHOWN = 256;

/** By issuer, and what may be asked: two providers of one issuer say the same. */
const known = new Map<string, { at: number; metadata: Metadata }>();

/** @throws KubeNovaError KN-1114, KN-1610, KN-1611 */
export async function metadataOf(outbound: Outbound, issuer: string, now: number): Promise<Metadata> {
  const name = `${[...outbound.allowed].join()}\0${issuer}`;
  const found = known.get(name);
  if (found && now - found.at < METADATA_TTL_MS) return found.metadata;
  const metadata = await discover(outbound, issuer);
  const [oldest] = known.keys();
  if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  known.delete(name);
  known.set(name, { at: now, metadata });
  return metadata;
}

/** Asks anew, whatever is known. @throws KubeNovaError KN-1114, KN-1610, KN-1611 */
export async function discover(outbound: Outbound, issuer: string): Promise<Metadata> {
  const fetch = providerFetch(outbound);
  try {
    const url = new URL(issuer);
    const response = await oauth.discoveryRequest(url, httpOptions(fetch));
    await checkIssuer(issuer, response.clone());
    const server = checked(await oauth.processDiscoveryResponse(url, response));
    checkLoginPage(outbound, server.authorization_endpoint ?? "");
    const keys = createRemoteJWKSet(new URL(server.jwks_uri ?? ""), {
      [joseFetch]: (asked: string, init: { method?: string }) =>
        fetch(asked, { method: init.method ?? "GET" }),
      cacheMaxAge: KEYS_TTL_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
    });
    return { server, keys };
  } catch (error) {
    throw unusable(error);
  }
}

/** The guard for outside addresses decides which schemes are allowed: the library need not. */
export const httpOptions = (fetch: ProviderFetch) => ({
  [oauth.customFetch]: fetch as never,
  [oauth.allowInsecureRequests]: true,
});

/** The library compares them as URLs, but an ID token must have this very text; and who wrote another one is told which. */
async function checkIssuer(issuer: string, response: Response): Promise<void> {
  if (response.status !== 200)
    throw refused(`its discovery document is not there (status ${response.status})`);
  const body: unknown = await response.json().catch(() => undefined);
  const said = (body as { issuer?: unknown } | null | undefined)?.issuer;
  if (said === issuer) return;
  const name = typeof said === "string" ? `'${said.slice(0, MAX_SHOWN)}'` : "none";
  throw refused(`its discovery document names another issuer: ${name}`);
}

/** What a login needs is there, and only signatures that we take are left. */
function checked(server: oauth.AuthorizationServer): oauth.AuthorizationServer {
  const missing = (["authorization_endpoint", "token_endpoint", "jwks_uri"] as const).filter(
    (name) => typeof server[name] !== "string" || !URL.canParse(server[name]),
  );
  if (missing.length > 0) throw refused(`its discovery document has no ${missing.join(", ")}`);
  const offered = server.id_token_signing_alg_values_supported ?? ["RS256"];
  const taken = offered.filter((algorithm) => SIGNATURES.includes(algorithm));
  if (taken.length === 0) throw refused(`it signs its tokens by none of ${SIGNATURES.join(", ")}`);
  return { ...server, id_token_signing_alg_values_supported: taken };
}

/**
 * Browsers are sent there: by https, without a password in the address or a fragment (RFC 6749, 3.1). Which host it is, is
 * the provider's to say, as in the whole field: Amazon Cognito's is never its issuer's. See domain/identity/leading.ts.
 */
function checkLoginPage({ allowed }: Outbound, text: string): void {
  const { protocol, hostname, port, username, password, hash } = new URL(text);
  const isAllowed = allowed.has(`${hostname}:${port || 80}`);
  if (protocol !== "https:" && !(protocol === "http:" && isAllowed))
    throw refused("its authorization endpoint is not https");
  if (username !== "" || password !== "" || hash !== "")
    throw refused("its authorization endpoint has a user, a password or a fragment");
}

const refused = (reason: string): KubeNovaError =>
  new KubeNovaError("KN-1114", `The identity provider cannot be used: ${reason}.`, { reason });
