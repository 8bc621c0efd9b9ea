import type { IncomingMessage, ServerResponse } from "node:http";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import Provider, { type Configuration } from "oidc-provider";
import { type Lie, lyingToken } from "./oidc-lies.ts";

export interface Issuer {
  url: string;
  /** How often each of its paths was asked. */
  asked: Record<string, number>;
  serve(request: IncomingMessage, response: ServerResponse, path: string): void;
  /** New signing keys in the place of the old ones. */
  rotateKeys(): Promise<void>;
  /** From now on its ID tokens are as this says; `{}` makes them honest. */
  lie(lie: Lie): void;
}

export const CLIENT_ID = "kubenova";
export const CLIENT_SECRET = "planted-oidc-client-secret-4711";

/** Addresses that the client may be sent back to: the callback of any provider's id, in any manager. */
const REDIRECT = /^https?:\/\/[a-z0-9.:-]+\/api\/v1\/auth\/callback\/idp_[0-9A-Z]{26}$/;

/**
 * People come with the login hint: `ada@acme.example`, with groups after a `+`: `ada+ops+dev@acme.example`. One whose
 * name begins with `unverified` has an address that nobody verified, and `nameless` has none.
 */
function personOf(hint: string): { id: string; groups: string[] } {
  const [local = "", domain = ""] = hint.split("@");
  const [name = "", ...groups] = local.split("+");
  return { id: `${name}@${domain}`, groups };
}

function claimsOf(id: string, groups: readonly string[]) {
  const [name = ""] = id.split("@");
  const email = name === "nameless" ? {} : { email: id, email_verified: !name.startsWith("unverified") };
  return { sub: id, name, groups, ...email };
}

const configuration = (url: string, keys: JWK[], groups: ReadonlyMap<string, string[]>): Configuration => ({
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: ["http://placeholder.example/callback"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  jwks: { keys },
  claims: { email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  /** Claims come in the ID token, as with most providers. */
  conformIdTokenClaims: false,
  cookies: { keys: ["test"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, { uid }) => `${url}/interaction/${uid}` },
  pkce: { required: () => true },
  ttl: { Session: 600, Interaction: 600, Grant: 600, IdToken: 300, AccessToken: 300 },
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => claimsOf(accountId, groups.get(accountId) ?? []),
  }),
  async loadExistingGrant(ctx) {
    const { Grant } = ctx.oidc.provider;
    const grant = new Grant({
      clientId: ctx.oidc.client?.clientId as string,
      accountId: ctx.oidc.session?.accountId as string,
    });
    grant.addOIDCScope("openid email profile groups");
    await grant.save();
    return grant;
  },
});

export async function startIssuer(url: string): Promise<Issuer> {
  let told: Lie = {};
  let keys = await newKeys();
  let callback: ReturnType<Provider["callback"]>;
  const asked: Record<string, number> = {};
  const groups = new Map<string, string[]>();

  function start(): void {
    const provider = new Provider(url, configuration(url, keys, groups));
    // Redirects to any manager of the tests: their ports and providers' ids are not known before.
    provider.Client.prototype.redirectUriAllowed = (to: string) => REDIRECT.test(to);
    provider.use(async (ctx, next) => {
      const uid = /^\/interaction\/([\w-]+)$/.exec(ctx.path)?.[1];
      if (uid !== undefined) {
        const { params } = await provider.interactionDetails(ctx.req, ctx.res);
        const person = personOf((params.login_hint as string | undefined) ?? "");
        groups.set(person.id, person.groups);
        const result = person.id === "@" ? { error: "access_denied" } : { login: { accountId: person.id } };
        return provider.interactionFinished(ctx.req, ctx.res, result);
      }
      await next();
      const body = ctx.body as { id_token?: string } | undefined;
      if (ctx.path === "/token" && body?.id_token) {
        ctx.body = { ...body, id_token: await lyingToken(body.id_token, keys, told) };
      }
      if (ctx.path.endsWith("/openid-configuration")) {
        ctx.body = { ...(ctx.body as Record<string, unknown>), ...told.discovery };
      }
    });
    callback = provider.callback();
  }
  start();
  return {
    url,
    asked,
    serve(request, response, path) {
      const [name = ""] = path.split("?");
      asked[name] = (asked[name] ?? 0) + 1;
      Object.assign(request, { originalUrl: request.url, baseUrl: new URL(url).pathname });
      request.url = path;
      callback(request, response);
    },
    async rotateKeys() {
      keys = await newKeys();
      start();
    },
    lie(lie) {
      told = lie;
    },
  };
}

async function newKeys(): Promise<JWK[]> {
  const pairs = await Promise.all([
    generateKeyPair("RS256", { extractable: true }),
    generateKeyPair("ES256", { extractable: true }),
  ]);
  const [rsa, ec] = await Promise.all(pairs.map(({ privateKey }) => exportJWK(privateKey)));
  const id = () => crypto.randomUUID();
  return [
    { ...rsa, kid: id(), alg: "RS256", use: "sig" },
    { ...ec, kid: id(), alg: "ES256", use: "sig" },
  ];
}
