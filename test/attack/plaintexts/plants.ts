import { enrolAgent } from "../../lib/simulated-identity.ts";
import type { Garden } from "./garden.ts";
import { clientSecrets, logins } from "./logins.ts";
import type { Planted } from "./operations.ts";
import { accepted, invitation, keysOfAccount, keysOfMine } from "./people.ts";
import { sinkTokens } from "./sinks.ts";

interface TokenAnswer {
  token: string;
}
const secretOf = (token: string): string => token.slice(token.indexOf(".") + 1);
const signatureOf = (jwt: string): string => jwt.split(".")[2] ?? "";
const json = { "content-type": "application/json" };

/** One journey has the secrets of several operations. */
function journey(walk: (garden: Garden) => Promise<string[]>): (garden: Garden) => Promise<string[]> {
  const walked = new WeakMap<Garden, Promise<string[]>>();
  return (garden) => {
    const secrets = walked.get(garden) ?? walk(garden);
    walked.set(garden, secrets);
    return secrets;
  };
}
const theLogins = journey(logins);
const ofMine = journey(keysOfMine);
const ofTenant = journey((garden) => keysOfAccount(garden, "/api/v1/tenants/acme"));
const ofPlatform = journey((garden) => keysOfAccount(garden, "/api/v1"));
const providers = journey((garden) => clientSecrets(garden, "/api/v1/identity-providers"));
const tenantsProviders = journey((garden) =>
  clientSecrets(garden, "/api/v1/tenants/acme/identity-providers"),
);

/** Uses each operation as its callers do, and as they should not. @returns all secrets that were sent or answered, each alone */
export const PLANTS: Record<Planted, (garden: Garden) => Promise<string[]>> = {
  async createToken({ manager, fresh, raw }) {
    const given = JSON.parse(
      await raw("POST", "/api/v1/auth/token", { headers: json, body: JSON.stringify({ key: manager.key }) }),
    ) as TokenAnswer;
    const [inBody, inHeader, inQuery, malformed] = [fresh(), fresh(), fresh(), fresh()];
    await raw("POST", "/api/v1/auth/token", { headers: json, body: JSON.stringify({ key: inBody }) });
    await raw("GET", "/api/v1/tenants", { headers: { authorization: `Bearer ${inHeader}` } });
    await raw("GET", `/api/v1/tenants?access_token=${inQuery}`);
    await raw("POST", "/api/v1/auth/token", { headers: json, body: `{"key": "${malformed}"` });
    await raw("POST", "/api/v1/auth/token", { headers: json, body: JSON.stringify({ key: [malformed] }) });
    return [manager.key, given.token, signatureOf(given.token), inBody, inHeader, inQuery, malformed];
  },

  async createCluster({ api, fresh }) {
    const headers = { "idempotency-key": fresh() };
    const body = { name: "planted-one" };
    const made = await api.post<{ joinToken: TokenAnswer }>("/api/v1/clusters", body, { headers });
    await api.post("/api/v1/clusters", body, { headers, expect: [409] });
    return [made.body.joinToken.token, secretOf(made.body.joinToken.token)];
  },

  async createJoinToken({ api, fresh }) {
    const headers = { "idempotency-key": fresh() };
    await api.put("/api/v1/tenants/planted", {});
    await api.post("/api/v1/clusters", { name: "planted-two" });
    const path = "/api/v1/clusters/planted-two/join-tokens";
    const made = await api.post<TokenAnswer>(path, undefined, { headers });
    await api.post(path, undefined, { headers, expect: [409] });
    return [made.body.token, secretOf(made.body.token)];
  },

  async enrol({ api, manager, fresh }) {
    const { body } = await api.post<{ joinToken: TokenAnswer }>("/api/v1/clusters", {
      name: "planted-three",
    });
    const { token } = body.joinToken;
    await enrolAgent(manager.url, token);
    const guess = `${token.slice(0, token.indexOf("."))}.${fresh()}`;
    await enrolAgent(manager.url, guess).catch(() => undefined);
    return [token, secretOf(token), secretOf(guess)];
  },

  async putApp({ api, fresh }) {
    const [value, inAddress, inReference] = [fresh(), fresh(), fresh()];
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      stringData: { password: value },
    };
    const transform = (cueRef: unknown) => ({ transform: { cueRef } });
    for (const source of [
      { raw: { manifests: [secret] } },
      transform({ type: "git", ref: `https://me:${inAddress}@git.example.com/modules.git?ref=main` }),
      transform({ type: "oci", ref: `me:${inReference}@registry.example.com/modules:1` }),
    ]) {
      const spec = { specVersion: 1, source };
      await api.put("/api/v1/tenants/acme/projects/shop/apps/planted", { spec }, { expect: [422] });
    }
    return [value, inAddress, inReference];
  },

  startDeviceLogin: theLogins,
  finishDeviceLogin: theLogins,
  refreshLogin: theLogins,
  logout: theLogins,

  createIdentityProvider: providers,
  patchIdentityProvider: providers,
  createIdentityProviderOfTenant: tenantsProviders,
  patchIdentityProviderOfTenant: tenantsProviders,

  createMyKey: ofMine,
  rotateMyKey: ofMine,
  createServiceAccountKey: ofTenant,
  rotateServiceAccountKey: ofTenant,
  createPlatformServiceAccountKey: ofPlatform,
  rotatePlatformServiceAccountKey: ofPlatform,

  createInvitation: (garden) => invitation(garden, "/api/v1/tenants/acme/invitations", "developer"),
  createPlatformInvitation: (garden) => invitation(garden, "/api/v1/invitations", "platform-ops"),
  acceptInvitation: accepted,

  putTenantAuditSink: (garden) => sinkTokens(garden, "/api/v1/tenants/acme/audit"),
  putPlatformAuditSink: (garden) => sinkTokens(garden, "/api/v1/audit"),
};
