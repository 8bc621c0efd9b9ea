import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { claim, type LeaseSpec, mayTake, microTime, observe, released } from "./lease.ts";
import type { LiveObject } from "./objects.ts";

const lease = (spec: LeaseSpec, resourceVersion = "1"): LiveObject => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "l", namespace: "n", uid: "u", resourceVersion },
  spec,
});

describe("who may take a Lease", () => {
  it("the holder always, others once they have seen it unchanged for its duration", () => {
    const seen = observe(undefined, lease({ holderIdentity: "a", leaseDurationSeconds: 15 }), 1_000);
    expect(mayTake(seen, "a", 1_000)).toBe(true);
    expect(mayTake(seen, "b", 15_999)).toBe(false);
    expect(mayTake(seen, "b", 16_000)).toBe(true);
  });

  it("whatever times it carries: they come from another machine's clock", () => {
    const times = fc.date({ noInvalidDate: true }).map((date) => microTime(date.getTime()));
    fc.assert(
      fc.property(times, fc.nat(60_000), (renewTime, waited) => {
        const seen = observe(
          undefined,
          lease({ holderIdentity: "a", leaseDurationSeconds: 15, renewTime }),
          0,
        );
        expect(mayTake(seen, "b", waited)).toBe(waited >= 15_000);
      }),
    );
  });

  it("counts anew from each change that it sees, and only from those", () => {
    const spec = { holderIdentity: "a", leaseDurationSeconds: 15 };
    const first = observe(undefined, lease(spec, "1"), 0);
    expect(observe(first, lease(spec, "1"), 9_000).seenAt).toBe(0);
    expect(observe(first, lease(spec, "2"), 9_000).seenAt).toBe(9_000);
  });

  it("at once, where the holder is known to have ended; nobody else's", () => {
    const held = (holderIdentity: string) =>
      observe(undefined, lease({ holderIdentity, leaseDurationSeconds: 15 }), 0);
    expect(mayTake(held("pod-a_uid-1_0"), "pod-a_uid-1_1", 0, "pod-a_uid-1_")).toBe(true);
    expect(mayTake(held("pod-a_uid-12_0"), "pod-a_uid-1_1", 0, "pod-a_uid-1_")).toBe(false);
    expect(mayTake(held("pod-b_uid-2_0"), "pod-a_uid-1_1", 0, "pod-a_uid-1_")).toBe(false);
  });

  it("anybody, where it was released", () => {
    const seen = observe(undefined, lease(released({ holderIdentity: "a", leaseTransitions: 3 }, 0)), 0);
    expect(mayTake(seen, "b", 0)).toBe(true);
  });
});

describe("what the holder writes", () => {
  it("counts transitions from one holder to another, not renewals", () => {
    const first = claim({}, "a", 15, 0);
    expect(first).toMatchObject({ holderIdentity: "a", leaseTransitions: 0, acquireTime: microTime(0) });
    const renewed = claim(first, "a", 15, 5_000);
    expect(renewed).toMatchObject({
      leaseTransitions: 0,
      acquireTime: microTime(0),
      renewTime: microTime(5_000),
    });
    expect(claim(renewed, "b", 15, 9_000)).toMatchObject({
      leaseTransitions: 1,
      acquireTime: microTime(9_000),
    });
  });

  it("uses Kubernetes' MicroTime", () => {
    expect(microTime(1_700_000_000_123)).toBe("2023-11-14T22:13:20.123000Z");
  });
});
