import type { Agent, RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import type { CredentialSource, Credentials, TlsMaterial } from "./credentials.ts";

/**
 * Credentials of a kubeconfig: client certificates, tokens, exec plugins, providers, proxies. client-node is used
 * for this alone (its typed serializer drops fields), and loaded only when a kubeconfig is used.
 */
export async function kubeconfigSource(options: {
  file?: string;
  context?: string;
}): Promise<CredentialSource> {
  let config = await load(options);
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new Error(`the kubeconfig has no cluster in its context ${config.getCurrentContext()}`);
  return {
    server: new URL(server),
    async read(refused) {
      // A plugin's answer without an expiry is remembered for ever by the KubeConfig that asked for it.
      if (refused) config = await load(options);
      return credentialsOf(config);
    },
  };
}

async function load(options: { file?: string; context?: string }): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import("@kubernetes/client-node");
  const config = new Config();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  if (options.context !== undefined) {
    if (!config.getContextObject(options.context))
      throw new Error(`the kubeconfig has no context ${options.context}`);
    config.setCurrentContext(options.context);
  }
  return config;
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const applied: RequestOptions = {};
  await config.applyToHTTPSOptions(applied);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(applied.headers ?? {})) headers[name] = String(value);
  if (applied.auth) headers.Authorization = `Basic ${Buffer.from(applied.auth).toString("base64")}`;
  const proxied = config.getCurrentCluster()?.proxyUrl !== undefined && applied.agent instanceof Object;
  return { headers, tls: tlsOf(applied), ...(proxied ? { agent: applied.agent as Agent } : {}) };
}

function tlsOf(applied: RequestOptions): TlsMaterial {
  const { ca, cert, key, servername, rejectUnauthorized } = applied;
  const tls: TlsMaterial = {};
  if (ca !== undefined) tls.ca = bytes(ca);
  if (cert !== undefined) tls.cert = bytes(cert);
  if (key !== undefined) tls.key = bytes(key);
  if (servername !== undefined) tls.servername = servername;
  if (rejectUnauthorized !== undefined) tls.rejectUnauthorized = rejectUnauthorized;
  return tls;
}

/** client-node gives each as one buffer or one PEM text, never as the arrays that Node's type allows. */
function bytes(material: unknown): string | Buffer {
  if (typeof material === "string" || Buffer.isBuffer(material)) return material;
  throw new Error("the kubeconfig holds TLS material of an unknown form");
}
