import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import type { Client } from "../oidc/login.ts";
import { sealer } from "../sealing/index.ts";
import { findOpenProvider, type IdentityProvider, providerOf } from "../store/identity-providers.ts";

/** Where a provider's client secret is sealed. */
export const secretPlace = ({ id, tenantId }: Pick<IdentityProvider, "id" | "tenantId">) => ({
  tenantId,
  purpose: "identity-provider.client-secret" as const,
  id,
});

/** A provider that people may log in with now. @throws KubeNovaError KN-1200 */
export async function openProvider(db: D1Database, id: string): Promise<IdentityProvider> {
  const provider = providerOf((await findOpenProvider(db, id).first()) ?? undefined);
  if (!provider)
    throw new KubeNovaError("KN-1200", "There is no such identity provider, or it is switched off.");
  return provider;
}

/** @throws KubeNovaError KN-1901, KN-1903, KN-1905 where its secret cannot be opened */
export async function clientOf(env: Env, provider: IdentityProvider): Promise<Client> {
  const { clientId, clientSecret, scopes } = provider;
  if (clientSecret === null) return { clientId, scopes };
  return { clientId, scopes, clientSecret: await sealer(env).open(secretPlace(provider), clientSecret) };
}
