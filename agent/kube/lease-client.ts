import type { Clock } from "./clock.ts";
import { isKind } from "./errors.ts";
import { claim, type LeaseSpec, mayTake, newLease, type Observed, observe, released } from "./lease.ts";
import type { LiveObject } from "./objects.ts";
import type { Kube } from "./types.ts";

export interface LeaseClientOptions {
  namespace: string;
  name: string;
  identity: string;
  ended?: string;
  durationMs: number;
  /** Of one request: a hanging one must leave room for another try before the renew deadline. */
  timeoutMs: number;
  clock: Clock;
}

/** One Lease and what this process knows of it. */
export interface LeaseClient {
  /** True where this process holds it now. Rejects where the server did not answer or refused. */
  takeOrRenew(signal: AbortSignal): Promise<boolean>;
  /** Gives it back where this process holds it. */
  release(): Promise<void>;
  /** As last seen; empty where nobody holds it. */
  holder(): string;
  transitions(): number;
}

export function createLeaseClient(kube: Kube, options: LeaseClientOptions): LeaseClient {
  const { namespace, name, identity, ended, durationMs, timeoutMs, clock } = options;
  const ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name };
  const durationSeconds = Math.ceil(durationMs / 1_000);
  // Renewals pass by the bounded requests: an agent that is busy must not lose its lead for it.
  const urgent = { urgent: true, timeoutMs };
  let observed: Observed | undefined;

  const see = (lease: LiveObject): Observed => {
    observed = observe(observed, lease, clock.monotonic());
    return observed;
  };
  const write = async (seen: Observed, spec: LeaseSpec, signal?: AbortSignal): Promise<boolean> => {
    try {
      // The seen resourceVersion goes along: whoever wrote in between wins.
      const object = { ...seen.lease, spec: { ...(seen.lease.spec as object), ...spec } };
      see(await kube.replace(object, { ...urgent, ...(signal ? { signal } : {}) }));
      return true;
    } catch (error) {
      if (isKind(error, "conflict")) return false;
      if (isKind(error, "notFound")) observed = undefined;
      throw error;
    }
  };
  const read = async (signal?: AbortSignal): Promise<Observed | undefined> => {
    try {
      return see(await kube.get(ref, { ...urgent, ...(signal ? { signal } : {}) }));
    } catch (error) {
      if (isKind(error, "notFound")) return undefined;
      throw error;
    }
  };
  const create = async (signal: AbortSignal): Promise<boolean> => {
    const spec = claim({}, identity, durationSeconds, clock.now());
    try {
      see(await kube.create(newLease({ namespace, name }, spec), { ...urgent, signal }));
      return true;
    } catch (error) {
      if (isKind(error, "alreadyExists")) return false;
      throw error;
    }
  };

  return {
    async takeOrRenew(signal) {
      // The holder's usual case is one request: its last write still stands.
      if (observed?.spec.holderIdentity === identity) {
        const spec = claim(observed.spec, identity, durationSeconds, clock.now());
        if (await write(observed, spec, signal)) return true;
      }
      const seen = await read(signal);
      if (!seen) return create(signal);
      if (!mayTake(seen, identity, clock.monotonic(), ended)) return false;
      return write(seen, claim(seen.spec, identity, durationSeconds, clock.now()), signal);
    },
    async release() {
      const seen = observed;
      if (seen?.spec.holderIdentity !== identity) return;
      if (await write(seen, released(seen.spec, clock.now()))) return;
      // A renewal that was cut off by the stop may have been stored all the same.
      const now = await read();
      if (now?.spec.holderIdentity === identity) await write(now, released(now.spec, clock.now()));
    },
    holder: () => observed?.spec.holderIdentity ?? "",
    transitions: () => observed?.spec.leaseTransitions ?? 0,
  };
}
