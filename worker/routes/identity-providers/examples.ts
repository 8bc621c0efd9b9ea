import { callbackUri } from "./schema.ts";

const ID = "idp_01KAJ7Z8Q4X2N6V0D3M5R9T1WB";

export const writeProviderExample = {
  issuer: "https://accounts.google.com",
  clientId: "1234567890-abc.apps.googleusercontent.com",
  clientSecret: "GOCSPX-example",
  users: "domains" as const,
  domains: ["example.com"],
};

export const providerExample = {
  id: ID,
  name: "google",
  displayName: "Google",
  issuer: writeProviderExample.issuer,
  clientId: writeProviderExample.clientId,
  hasClientSecret: true,
  scopes: ["openid", "email", "profile"],
  groupsClaim: null,
  users: writeProviderExample.users,
  domains: writeProviderExample.domains,
  trustEmail: false,
  enabled: true,
  redirectUri: callbackUri("https://kubenova.example.com", ID),
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
