import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { CredentialSource } from "./credentials.ts";

export const SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The pod's own identity: token and CA as the kubelet mounts them, the server from the environment. Read here and
 * not through @kubernetes/client-node, whose import costs about 85 MB of resident memory.
 */
export function serviceAccountSource(
  env: Readonly<Record<string, string | undefined>>,
  dir: string = SERVICE_ACCOUNT_DIR,
): CredentialSource | undefined {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    async read() {
      const [token, ca] = await Promise.all([
        readFile(join(dir, "token"), "utf8"),
        readFile(join(dir, "ca.crt"), "utf8"),
      ]);
      if (token.trim() === "") throw new Error(`the ServiceAccount token in ${dir} is empty`);
      return { headers: { Authorization: `Bearer ${token.trim()}` }, tls: { ca } };
    },
  };
}
