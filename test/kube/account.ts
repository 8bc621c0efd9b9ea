import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Kube } from "../../agent/kube/index.ts";

export interface AccountConfig {
  kubeconfig: string;
  remove(): void;
}

interface Config {
  clusters: { cluster: { server: string } }[];
  users: { user: object }[];
}

/** The address of a kubeconfig's API server. */
export const serverOf = (kubeconfig: string): string =>
  (parse(readFileSync(kubeconfig, "utf8")) as Config).clusters[0]?.cluster.server ?? "";

/**
 * A kubeconfig of a ServiceAccount.
 *
 * @param admin kubeconfig of the same server
 * @param server another address of it, such as a relay's
 */
export async function accountConfig(
  kube: Kube,
  admin: string,
  account: { namespace: string; name: string },
  server?: string,
): Promise<AccountConfig> {
  const answer = await kube.request({
    method: "POST",
    path: `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }),
  });
  const { token } = (JSON.parse(answer.body.toString()) as { status: { token: string } }).status;
  const config = parse(readFileSync(admin, "utf8")) as Config;
  for (const one of config.users) one.user = { token };
  if (server) for (const { cluster } of config.clusters) cluster.server = server;
  const folder = mkdtempSync(join(tmpdir(), "kubenova-account-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
  return { kubeconfig, remove: () => rmSync(folder, { recursive: true }) };
}
