/** What is checked of a hello beside its signature, in an order that tells a stranger nothing about the cluster. */
export interface Hello {
  versions: readonly number[];
  publicKey: string;
  host: string;
  clusterUid: string;
  agentVersion: string;
}

export interface HelloContext {
  /** Protocol versions of this side. */
  versions: readonly number[];
  /** Hosts that this manager is dialled under. */
  hosts: readonly string[];
  keys: readonly { publicKey: string; kubeUid: string }[];
  signatureHolds: boolean;
}

export type HelloVerdict =
  | { kind: "accepted"; version: number }
  | { kind: "unauthorized"; reason: string }
  | { kind: "wrong-cluster"; reason: string }
  | { kind: "upgrade"; reason: string };

export function judgeHello(hello: Hello, context: HelloContext): HelloVerdict {
  const version = Math.max(...hello.versions.filter((each) => context.versions.includes(each)));
  if (!Number.isFinite(version))
    return { kind: "upgrade", reason: upgradeAdvice(hello.versions, context.versions) };
  if (!context.signatureHolds) return refused("the signature does not hold");
  if (!context.hosts.includes(hello.host.toLowerCase())) {
    return refused(`dialled as ${hello.host.slice(0, 60)}, which is not this manager`);
  }
  const key = context.keys.find(({ publicKey }) => publicKey === hello.publicKey);
  if (!key) return refused("the key is unknown or retired; enrol again");
  if (key.kubeUid !== hello.clusterUid) {
    return { kind: "wrong-cluster", reason: "this key was enrolled in another cluster" };
  }
  return { kind: "accepted", version };
}

const refused = (reason: string): HelloVerdict => ({ kind: "unauthorized", reason });

/** Which side is behind. */
export function upgradeAdvice(agent: readonly number[], manager: readonly number[]): string {
  const side = Math.max(...agent, 0) > Math.max(...manager) ? "the manager" : "the agent";
  const list = (versions: readonly number[]) => versions.slice(0, 4).join(",");
  return `upgrade ${side}: the agent speaks tunnel ${list(agent)}, the manager ${list(manager)}`;
}

/** Hosts that an agent may have dialled: the request's own, and those that the manager is also reached by. */
export const acceptedHosts = (requestHost: string, publicHosts: string | undefined): string[] =>
  [requestHost, ...(publicHosts ?? "").split(",")]
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== "");
