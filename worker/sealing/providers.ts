import { isSafeService, KekProviderError, parseKekProviders } from "../../domain/keys/providers.ts";
import type { Env } from "../env.ts";
import type { VaultLogin } from "./vault.ts";

/** What is wrong with KEK_PROVIDER and what belongs to it, for people and without a secret; undefined where nothing is. */
export function providerProblem(env: Env): string | undefined {
  if (!env.KEK_PROVIDER) return undefined;
  try {
    const kinds = parseKekProviders(env.KEK_PROVIDER).map(({ kind }) => kind);
    return (
      (kinds.includes("aws-kms") && awsProblem(env)) ||
      (kinds.includes("vault") && vaultProblem(env)) ||
      undefined
    );
  } catch (error) {
    if (!(error instanceof KekProviderError)) throw error;
    return `KEK_PROVIDER is not a list of key services, ${error.message}: docs/secrets.md tells its form`;
  }
}

function awsProblem(env: Env): string | undefined {
  if (!env.AWS_ACCESS_KEY_ID || !env.AWS_SECRET_ACCESS_KEY) {
    return "KEK_PROVIDER names AWS KMS: the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing";
  }
  const endpoint = env.AWS_KMS_ENDPOINT && URL.parse(env.AWS_KMS_ENDPOINT);
  if (endpoint === null || (endpoint && !isSafeService(endpoint)))
    return "AWS_KMS_ENDPOINT is not an https:// URL";
  return undefined;
}

function vaultProblem(env: Env): string | undefined {
  if (env.VAULT_TOKEN || (env.VAULT_ROLE_ID && env.VAULT_SECRET_ID)) return undefined;
  return "KEK_PROVIDER names Vault: the secret VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, is missing";
}

/** How to log in at Vault; an AppRole is preferred, since its tokens end. */
export const vaultLogin = (env: Env): VaultLogin =>
  env.VAULT_ROLE_ID && env.VAULT_SECRET_ID
    ? { roleId: env.VAULT_ROLE_ID, secretId: env.VAULT_SECRET_ID }
    : { token: env.VAULT_TOKEN ?? "" };
