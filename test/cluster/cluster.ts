import type { NodeType } from "./options.ts";

/** A cluster that is up, whoever provides it. */
export type Cluster = {
  name: string;
  /** What the cluster got, which may be less than it was asked for. */
  node: NodeType;
  /** Path of an administrator's kubeconfig that holds its certificates itself. */
  kubeconfig: string;
  /** https://HOST:PORT of the API server. */
  server: string;
  /** Paths of programs that fit the server. */
  kubectl: string;
  helm: string;
  /** The node's address: `real` only. */
  nodeIP?: string;
  /** The address of this machine that pods reach; a server for them must listen on it. */
  gateway: string;
  /** HOST:PORT of a registry, plain HTTP, that this machine pushes to and the node pulls from. */
  registry?: string;
  /** Path of the API server's audit log, one JSON event a line, where it was asked for. */
  auditLog?: string;
  /** Folder of the cluster's logs, one file a program. */
  logs?: string;
  down(): Promise<void>;
};
