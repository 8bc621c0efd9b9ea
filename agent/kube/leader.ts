import { type Clock, systemClock } from "./clock.ts";
import { ReadOnlyError } from "./errors.ts";
import type { LeaderElection, LeaderElectionOptions } from "./leader-types.ts";
import { createLeaseClient } from "./lease-client.ts";
import type { Kube } from "./types.ts";

const LEASE_DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_PERIOD_MS = 2_000;
/** As client-go: candidates that wait do not all ask at the same moment. */
const JITTER = 1.2;

/**
 * Stands for election until stopped. At most one process leads at a time as long as clocks run at the same speed
 * (they need not show the same time): a leader that could not renew for renewDeadline gives up, and others take over
 * only when they have seen the Lease unchanged for leaseDuration.
 */
export function startLeaderElection(kube: Kube, options: LeaderElectionOptions): LeaderElection {
  if (kube.readOnly) throw new ReadOnlyError("leader election writes a Lease");
  const { clock = systemClock, random = Math.random, onError = () => {}, identity } = options;
  const durationMs = options.leaseDurationMs ?? LEASE_DURATION_MS;
  const deadlineMs = options.renewDeadlineMs ?? RENEW_DEADLINE_MS;
  const retryMs = options.retryPeriodMs ?? RETRY_PERIOD_MS;
  if (!(durationMs > deadlineMs && deadlineMs > retryMs * JITTER && identity !== "")) {
    throw new Error(
      "leader election needs an identity and leaseDuration > renewDeadline > 1.2 x retryPeriod",
    );
  }
  const lease = createLeaseClient(kube, {
    ...options.lease,
    identity,
    ...(options.ended === undefined ? {} : { ended: options.ended }),
    durationMs,
    timeoutMs: deadlineMs / 2,
    clock,
  });
  const stopping = new AbortController();
  let renewedAt = Number.NEGATIVE_INFINITY;
  let told = "";
  let term: AbortSignal | undefined;

  const tryOnce = async (): Promise<boolean> => {
    // Counted from before the request: others count from when they saw it, which is later.
    const asked = clock.monotonic();
    const held = await lease.takeOrRenew(stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) onError(error);
      return false;
    });
    if (held) renewedAt = asked;
    if (lease.holder() !== told) {
      told = lease.holder();
      if (told) options.onNewLeader?.(told);
    }
    return held;
  };
  const mayLead = () => clock.monotonic() - renewedAt < deadlineMs;

  const renewUntilLost = async (): Promise<void> => {
    while (!stopping.signal.aborted && mayLead()) {
      await clock.sleep(retryMs, stopping.signal).catch(() => {});
      if (stopping.signal.aborted) return;
      // Another holder in the Lease is the end at once, whatever the deadline says.
      if (!(await tryOnce()) && lease.holder() !== identity) return;
    }
  };
  const lead = async (): Promise<void> => {
    const leading = new AbortController();
    term = leading.signal;
    const watchOver = endAtDeadline(clock, leading, () => renewedAt + deadlineMs - clock.monotonic());
    const work = Promise.resolve()
      .then(() => options.onStartedLeading(leading.signal))
      .catch(onError);
    const renewing = renewUntilLost();
    await Promise.race([renewing, watchOver]);
    leading.abort(new Error("no longer the leader"));
    await Promise.all([renewing, work]);
    options.onStoppedLeading?.();
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (await tryOnce()) await lead();
      else await clock.sleep(retryMs * (1 + (JITTER - 1) * random()), stopping.signal).catch(() => {});
    }
    await lease.release().catch(onError);
  };
  const running = run();

  return {
    get leading() {
      return term !== undefined && !term.aborted && mayLead();
    },
    get leader() {
      return lease.holder();
    },
    get transitions() {
      return lease.transitions();
    },
    sinceRenewalMs: () =>
      term?.aborted === false ? clock.monotonic() - renewedAt : Number.POSITIVE_INFINITY,
    async stop() {
      stopping.abort(new Error("leader election was stopped"));
      await running;
    },
  };
}

/** Aborts when the last renewal is too old, also while a renewal hangs. */
async function endAtDeadline(clock: Clock, leading: AbortController, leftMs: () => number): Promise<void> {
  for (let left = leftMs(); left > 0 && !leading.signal.aborted; left = leftMs()) {
    await clock.sleep(left, leading.signal).catch(() => {});
  }
  leading.abort(new Error("the Lease could not be renewed in time"));
}
