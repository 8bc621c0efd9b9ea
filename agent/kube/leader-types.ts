import type { Clock, Random } from "./clock.ts";

export interface LeaderElectionOptions {
  lease: { namespace: string; name: string };
  /** Unique to this process, e.g. pod name and a random suffix. */
  identity: string;
  /**
   * What identities begin with whose processes have ended for sure, such as those of this process's own pod: the kubelet
   * runs one instance of a container at a time. Their Lease is taken without waiting for its end.
   */
  ended?: string;
  /**
   * Runs while this process leads; `signal` aborts when it no longer may. It must have stopped acting within
   * leaseDurationMs - renewDeadlineMs of the abort; standing again waits until its promise has settled.
   */
  onStartedLeading: (signal: AbortSignal) => Promise<void> | void;
  onStoppedLeading?: () => void;
  /** Told of each new holder, this process included. */
  onNewLeader?: (identity: string) => void;
  onError?: (error: unknown) => void;
  /** Defaults 15,000, 10,000 and 2,000, as client-go. */
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
  clock?: Clock;
  random?: Random;
}

export interface LeaderElection {
  readonly leading: boolean;
  /** The holder last seen; empty where nobody holds it. */
  readonly leader: string;
  /** `leaseTransitions` of the Lease: changes each time another process takes over. */
  readonly transitions: number;
  /** Milliseconds since the last renewal that succeeded; Infinity where this process does not lead. */
  sinceRenewalMs(): number;
  /** Ends leading (waits for onStartedLeading to settle), releases the Lease, stands no more. */
  stop(): Promise<void>;
}
