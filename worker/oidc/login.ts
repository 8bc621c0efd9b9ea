import { compactVerify } from "jose";
import * as oauth from "oauth4webapi";
import type { Outbound } from "../outbound/guarded-fetch.ts";
import { unusable } from "./failure.ts";
import { httpOptions, type Metadata, SIGNATURES } from "./metadata.ts";
import { providerFetch } from "./transport.ts";

/** What an operator set up with a provider. */
export interface Client {
  clientId: string;
  /** Absent for a public client, which proves itself by PKCE alone. */
  clientSecret?: string | undefined;
  scopes: readonly string[];
}

/** What binds an answer to the browser that asked: known to it and to us, never to the provider's other clients. */
export interface Proof {
  state: string;
  nonce: string;
  /** Of PKCE (RFC 7636). */
  verifier: string;
}

/** Difference of clocks that is forgiven, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** Where the browser goes to log in: authorization code flow with PKCE (S256), state and nonce. */
export async function authorizationUrl(
  { server }: Metadata,
  client: Client,
  proof: Proof,
  redirectUri: string,
): Promise<string> {
  const url = new URL(server.authorization_endpoint ?? "");
  const parameters = {
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope: client.scopes.join(" "),
    state: proof.state,
    nonce: proof.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(proof.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * The claims of the ID token for the code in a callback's query. Checked are: state, the answer's `iss` (RFC 9207),
 * the code with its verifier, the token's signature by a key that the provider publishes, `iss`, `aud`, `azp`, `exp`,
 * `nonce`.
 *
 * @throws KubeNovaError KN-1114, KN-1115, KN-1119, KN-1610, KN-1611
 */
export async function claimsForCode(
  outbound: Outbound,
  { server, keys }: Metadata,
  client: Client,
  proof: Proof,
  callback: { query: URLSearchParams; redirectUri: string },
): Promise<Record<string, unknown>> {
  const known: oauth.Client = {
    client_id: client.clientId,
    [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
  };
  try {
    const query = oauth.validateAuthResponse(server, known, callback.query, proof.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      known,
      authenticationOf(server, client),
      query,
      callback.redirectUri,
      proof.verifier,
      httpOptions(providerFetch(outbound)),
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, known, response, {
      expectedNonce: proof.nonce,
      requireIdToken: true,
    });
    // The library leaves the signature to whoever does not trust the connection alone.
    await compactVerify(tokens.id_token ?? "", keys, { algorithms: [...SIGNATURES] });
    return { ...oauth.getValidatedIdTokenClaims(tokens) };
  } catch (error) {
    throw unusable(error);
  }
}

/** How the client proves itself: by the header, which is the default, else by the body. */
function authenticationOf(server: oauth.AuthorizationServer, client: Client): oauth.ClientAuth {
  if (client.clientSecret === undefined) return oauth.None();
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return methods.includes("client_secret_basic") || !methods.includes("client_secret_post")
    ? oauth.ClientSecretBasic(client.clientSecret)
    : oauth.ClientSecretPost(client.clientSecret);
}
