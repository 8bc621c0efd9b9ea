import { toBase64Url } from "../../domain/encoding/base64url.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { deriveKey } from "../keys/ring.ts";
import { checkConfiguration } from "../middleware/configuration.ts";
import { hmac } from "./hmac.ts";
import { sameText } from "./same-text.ts";

/** Whether a key is the platform administrator's, in a time that does not tell how much of it was right. */
export async function isAdminKey(env: Env, given: string): Promise<boolean> {
  checkConfiguration(env);
  return sameText(given, env.PLATFORM_ADMIN_KEY);
}

/** @throws KubeNovaError KN-1110 where the installation has switched this way in off */
export function checkBreakGlass(env: Env): void {
  if (env.BREAK_GLASS === "off") throw new KubeNovaError("KN-1110");
}

/**
 * What the administrator's tokens carry of his key, one by each key of the ring, the primary's first: where the key is
 * changed, the tokens that it gave out are worth nothing at once.
 */
export async function adminTags(env: Env): Promise<string[]> {
  const keys = await deriveKey(env, "admin-tag/v1");
  const primaryFirst = [...keys].sort((a, b) => Number(b.primary) - Number(a.primary));
  return Promise.all(
    primaryFirst.map(async ({ bytes }) =>
      toBase64Url((await hmac(bytes, env.PLATFORM_ADMIN_KEY)).slice(0, 16)),
    ),
  );
}
