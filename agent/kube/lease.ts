import type { KubeObject, LiveObject } from "./objects.ts";

/** `spec` of a coordination.k8s.io/v1 Lease, as far as leader election uses it. */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** A Lease as this process saw it change. Only `seenAt`, by this machine's monotonic clock, decides on expiry. */
export interface Observed {
  lease: LiveObject;
  spec: LeaseSpec;
  seenAt: number;
}

/** What the holder does not say is taken for this. */
const DURATION_DEFAULT_SECONDS = 15;

/**
 * The new observation. A Lease counts as renewed when its version changes in front of our eyes: the times written in
 * it come from another machine's clock, which may be an hour off.
 */
export function observe(previous: Observed | undefined, lease: LiveObject, now: number): Observed {
  const unchanged = previous && previous.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return { lease, spec: (lease.spec ?? {}) as LeaseSpec, seenAt: unchanged ? previous.seenAt : now };
}

/**
 * May `identity` write itself into the Lease now? `ended` begins the identities of processes that are known to have
 * ended; what they held is free.
 */
export function mayTake(observed: Observed, identity: string, now: number, ended?: string): boolean {
  const { holderIdentity, leaseDurationSeconds = DURATION_DEFAULT_SECONDS } = observed.spec;
  if (!holderIdentity || holderIdentity === identity) return true;
  if (ended && holderIdentity.startsWith(ended)) return true;
  return now >= observed.seenAt + leaseDurationSeconds * 1_000;
}

/** The spec that makes or keeps `identity` the holder. */
export function claim(spec: LeaseSpec, identity: string, durationSeconds: number, wallMs: number): LeaseSpec {
  const time = microTime(wallMs);
  const same = spec.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: durationSeconds,
    acquireTime: same ? (spec.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (spec.leaseTransitions ?? 0) + (same || spec.leaseTransitions === undefined ? 0 : 1),
  };
}

/** The spec that lets the next one in at once: nobody holds it, and it ends in a second. */
export function released(spec: LeaseSpec, wallMs: number): LeaseSpec {
  const time = microTime(wallMs);
  const { leaseTransitions = 0 } = spec;
  return {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions,
  };
}

export function newLease(place: { namespace: string; name: string }, spec: LeaseSpec): KubeObject {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...place }, spec };
}

/** Kubernetes' MicroTime. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("Z", "000Z");
}
