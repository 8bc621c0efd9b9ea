import { KubeNovaError } from "../../domain/errors/index.ts";
import { type KekProvider, parseKekProviders } from "../../domain/keys/providers.ts";
import type { Env } from "../env.ts";
import { deriveKey } from "../keys/ring.ts";
import { awsKmsKek } from "./aws-kms.ts";
import type { Kek } from "./kek.ts";
import { providerProblem, vaultLogin } from "./providers.ts";
import { ringKek } from "./ring-kek.ts";
import { vaultKek } from "./vault.ts";

/** Those of the configuration that this isolate read last: a login at Vault is kept with its key. */
let known: { configuration: string; keks: readonly Kek[] } | undefined;

/**
 * The key-encryption keys that this manager has; the last wraps, all unwrap.
 * @throws KubeNovaError KN-1901 where the configuration is not one
 */
export async function keksOf(env: Env): Promise<readonly Kek[]> {
  const problem = providerProblem(env);
  if (problem) throw new KubeNovaError("KN-1901", `The manager is not set up: ${problem}.`);
  const configuration = JSON.stringify([
    ...[env.KEY_RING, env.KEK_PROVIDER, env.AWS_KMS_ENDPOINT, env.VAULT_NAMESPACE, env.VAULT_TOKEN],
    ...[env.AWS_ACCESS_KEY_ID, env.AWS_SECRET_ACCESS_KEY, env.AWS_SESSION_TOKEN],
    ...[env.VAULT_ROLE_ID, env.VAULT_SECRET_ID],
  ]);
  if (known?.configuration === configuration) return known.keks;
  const ring = (await deriveKey(env, "data-key-wrap/v1")).map(ringKek);
  const keks = parseKekProviders(env.KEK_PROVIDER ?? "").flatMap((provider) => keksFrom(env, provider, ring));
  known = { configuration, keks };
  return keks;
}

function keksFrom(env: Env, provider: KekProvider, ring: Kek[]): Kek[] {
  if (provider.kind === "ring") return ring;
  if (provider.kind === "vault") return [vaultKek(provider, vaultLogin(env), env.VAULT_NAMESPACE)];
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
  };
  return [awsKmsKek(provider, credentials, env.AWS_KMS_ENDPOINT)];
}
