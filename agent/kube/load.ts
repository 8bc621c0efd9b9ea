import { existsSync } from "node:fs";
import { createClient } from "./client.ts";
import { systemClock } from "./clock.ts";
import { createCore } from "./core.ts";
import { type CredentialSource, cacheCredentials } from "./credentials.ts";
import { serviceAccountSource } from "./service-account.ts";
import { createTransport } from "./transport.ts";
import type { Kube, RequestInfo } from "./types.ts";

export interface KubeOptions {
  /** Refuses every write in code (see `ReadOnlyError`). */
  readOnly?: boolean;
  /** Called after each request (streams: when they end). Must not throw. */
  onRequest?: (info: RequestInfo) => void;
  /** The User-Agent header; default `kubenova-agent`. */
  userAgent?: string;
}

export interface LoadOptions extends KubeOptions {
  /** Path of a kubeconfig. Without it: $KUBECONFIG, else the pod's ServiceAccount, else ~/.kube/config. */
  kubeconfig?: string;
  context?: string;
  /** Where the ServiceAccount's token and CA are mounted; default the kubelet's place. */
  serviceAccountDir?: string;
  /** Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** A client by a kubeconfig or by the pod's ServiceAccount. Sends nothing yet; rejects where neither is there. */
export async function loadKube(options: LoadOptions = {}): Promise<Kube> {
  return createKube(await sourceOf(options), options);
}

/** A client by any source of credentials. */
export function createKube(source: CredentialSource, options: KubeOptions = {}): Kube {
  const transport = createTransport(
    cacheCredentials(source, systemClock),
    options.userAgent ?? "kubenova-agent",
  );
  const onRequest = options.onRequest ?? (() => {});
  const core = createCore({ transport, readOnly: options.readOnly ?? false, onRequest, random: Math.random });
  return createClient(core, systemClock);
}

async function sourceOf(options: LoadOptions): Promise<CredentialSource> {
  const env = options.env ?? process.env;
  if (!options.kubeconfig && !options.context && !env.KUBECONFIG) {
    const pod = serviceAccountSource(env, options.serviceAccountDir);
    if (pod) return pod;
  }
  const { kubeconfigSource } = await import("./kubeconfig.ts");
  const file = options.kubeconfig ?? defaultKubeconfig(env);
  return kubeconfigSource({
    ...(file === undefined ? {} : { file }),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
}

/** Undefined leaves the search (several files in $KUBECONFIG, the home folder) to client-node. */
function defaultKubeconfig(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const file = env.KUBECONFIG;
  return file && existsSync(file) ? file : undefined;
}
