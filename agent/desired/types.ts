import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Clock, Kube, Random } from "../kube/index.ts";
import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Tracer } from "../tracing/tracer.ts";
import type { Consumer } from "../tunnel/types.ts";

export interface DesiredOptions {
  kube: Kube;
  /** The client that may write the state's ConfigMap. */
  own: Kube;
  namespace: string;
  /** Nothing is written but refusals are told. */
  readOnly: boolean;
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  signal: AbortSignal;
  /** Phases that only this part knows: Pending, Refused, Deleting, Deleted, Orphaned. */
  report: (status: DocumentStatus) => void;
  tracer: Tracer;
  /** Starts another session: it brings the snapshot that the next hello asks for. */
  renew: (reason: string) => void;
}

/**
 * The desired state in the cluster: documents from the manager become custom resources. Bodies are held only until they
 * are stored. What must hold: nothing is acked before the API server has it, an older revision never overwrites a newer
 * one, and nothing is deleted but by a tombstone or by a complete snapshot of an epoch that was known before.
 */
export interface DesiredStore extends Consumer {
  /** For the hello; undefined asks for a snapshot. */
  cursor(): { epochId: string; seq: number } | undefined;
  isOrphan(key: string): boolean;
  managed(): { tenants: number; projects: number; apps: number };
  /** The manager knows that these are gone. */
  confirmDeleted(keys: readonly string[]): void;
  /**
   * Resolves when the watches have ended. With `save`, what the next start needs is stored first: not where the Lease
   * was lost, since another agent writes it then.
   */
  stop(options: { save: boolean }): Promise<void>;
}
