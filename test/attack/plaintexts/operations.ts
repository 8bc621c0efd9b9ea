/**
 * Every operation that takes or makes a secret, and what a full run plants through it (plants.ts has the code of each, by
 * the same name). A new one is a line here and one there; a route with a secret that is in neither list fails
 * worker/routes/secrets.test.ts.
 */
export const PLANTED = {
  createToken: "the administrator's key, and access tokens",
  createCluster: "the join token that a new cluster comes with",
  createJoinToken: "a further join token",
  enrol: "a join token that an agent uses, and one that is none",
  startDeviceLogin: "the code by which a terminal asks",
  finishDeviceLogin: "the tokens that a terminal gets",
  refreshLogin: "refresh tokens: used, next, reused and guessed",
  logout: "the refresh token that ends a login",
  createIdentityProvider: "the client secret of a provider",
  patchIdentityProvider: "a newer client secret",
  createIdentityProviderOfTenant: "the client secret of a tenant's provider",
  patchIdentityProviderOfTenant: "a newer client secret of a tenant's provider",
  createMyKey: "a key of a person's own",
  rotateMyKey: "its next secret, and a guessed one",
  createServiceAccountKey: "a key of a tenant's machine",
  rotateServiceAccountKey: "its next secret, and a guessed one",
  createPlatformServiceAccountKey: "a key of the platform's machine",
  rotatePlatformServiceAccountKey: "its next secret, and a guessed one",
  createInvitation: "the token of an invitation into a tenant",
  createPlatformInvitation: "the token of an invitation to the platform",
  acceptInvitation: "a token that is accepted, and a guessed one",
  putTenantAuditSink: "tokens for receivers of a tenant's log, one of which repeats them",
  putPlatformAuditSink: "tokens for receivers of the platform's log, one of which repeats them",
  putApp: "values of a Secret and passwords in addresses, which are refused",
} as const satisfies Record<string, string>;

export type Planted = keyof typeof PLANTED;

/** Every column of what is sealed (worker/store/sealed-columns.ts), and what fills it in a full run. */
export const SEALED: Readonly<Record<string, Planted | "the manager itself">> = {
  "audit_people.key": "the manager itself",
  "identity_providers.client_secret": "patchIdentityProvider",
  "audit_sinks.token": "putTenantAuditSink",
};

/** Operations whose fields only sound like secrets, and why they hold none. */
export const NO_SECRET: Readonly<Record<string, string>> = {
  listTenantAuditKeys: "public keys, by which checkpoints are verified",
  listPlatformAuditKeys: "public keys, by which checkpoints are verified",
  deleteClusterOrphan: "the key of a document, such as release/rel_…",
};

/** Fields that name a secret which is elsewhere: ends of their paths. */
export const REFERENCES: Readonly<Record<string, string>> = {
  "envFrom.[].secret": "the name of a Secret in the cluster",
};
