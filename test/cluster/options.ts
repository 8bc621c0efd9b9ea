/** What a cluster can be asked to be. */

import { UsageError } from "./errors.ts";

/**
 * - `real`: a kubelet with containerd runs pods (root on Debian and the like),
 * - `kwok`: one played node; its pods become Ready and run nothing,
 * - `none`: an API server and its controllers alone.
 */
export const NODE_TYPES = ["real", "kwok", "none"] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** Where the API server sends its audit events as they come. */
export type AuditWebhook = {
  /** https://HOST:PORT */
  server: string;
  /** Path of the CA's certificate. */
  caFile: string;
  token: string;
  /** An audit policy, as YAML or JSON. */
  policy: string;
};

export type UpOptions = {
  name: string;
  /** `real` unless told; where the machine cannot, `none` is taken and stderr says why. */
  node?: NodeType;
  /** Write the API server's audit log: one JSON event a line, with its auditID, level Metadata. */
  audit?: boolean;
  auditWebhook?: AuditWebhook;
  /** Kubernetes feature gates, for all components. */
  featureGates?: Record<string, boolean>;
  /** API groups and versions to switch on or off: `{ "resource.k8s.io/v1alpha3": true }`. */
  runtimeConfig?: Record<string, boolean>;
};

export type Options = Required<Omit<UpOptions, "auditWebhook">> & Pick<UpOptions, "auditWebhook">;

/** Fills in the defaults. Throws UsageError for what cannot be. */
export function normalize(options: UpOptions): Options {
  const node = options.node ?? "real";
  if (!NODE_TYPES.includes(node)) {
    throw new UsageError(`unknown node type "${node}": one of ${NODE_TYPES.join(", ")}`);
  }
  return {
    name: validName(options.name),
    node,
    audit: options.audit ?? false,
    ...(options.auditWebhook ? { auditWebhook: options.auditWebhook } : {}),
    featureGates: options.featureGates ?? {},
    runtimeConfig: options.runtimeConfig ?? {},
  };
}

/** A cluster's name is also a folder's, a host's and a node's. */
export function validName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `"${name}" cannot name a cluster: 1 to 40 of a-z, 0-9 and "-", with no "-" at either end`,
  );
}

/** Reads `A=true,B=false`, as the Kubernetes flags of that kind have it. */
export function parseSwitches(flag: string, text: string): Record<string, boolean> {
  const pairs = text.split(",").map((pair): [string, boolean] => {
    const match = /^([^=\s]+)=(true|false)$/.exec(pair.trim());
    if (!match?.[1]) throw new UsageError(`--${flag}: "${pair}" is not NAME=true or NAME=false`);
    return [match[1], match[2] === "true"];
  });
  return Object.fromEntries(pairs);
}

/** The inverse of parseSwitches. */
export function formatSwitches(switches: Record<string, boolean>): string {
  return Object.entries(switches)
    .map(([name, on]) => `${name}=${on}`)
    .join(",");
}
