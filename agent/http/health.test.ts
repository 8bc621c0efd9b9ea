import { describe, expect, it } from "vitest";
import { type HealthInput, healthz, readyz } from "./health.ts";

const leader: HealthInput = {
  loopLagMs: 3,
  sinceElectionMs: 1_000,
  role: "leader",
  enrolled: true,
  tunnel: { state: "connected" },
  operatorReady: true,
};

describe("ready", () => {
  it.each([
    { name: "a leader that is connected", input: {}, ready: true },
    {
      name: "a leader whose manager is away",
      input: { tunnel: { state: "waiting", reason: "ECONNREFUSED" } },
      ready: true,
    },
    { name: "a standby", input: { role: "standby", enrolled: false, operatorReady: false }, ready: true },
    { name: "before the first election", input: { role: "starting" }, ready: false },
    { name: "not enrolled", input: { enrolled: false, identityProblem: "401" }, ready: false, reason: "401" },
    { name: "fenced", input: { tunnel: { state: "fenced" } }, ready: false, reason: /fenced/ },
    {
      name: "refused",
      input: { tunnel: { state: "refused", reason: "deleted" } },
      ready: false,
      reason: "deleted",
    },
    { name: "controllers starting", input: { operatorReady: false }, ready: false, reason: /controllers/ },
  ] as { name: string; input: Partial<HealthInput>; ready: boolean; reason?: string | RegExp }[])(
    "$name: $ready",
    ({ input, ready, reason }) => {
      const verdict = readyz({ ...leader, ...input });
      expect(verdict.ok).toBe(ready);
      if (reason !== undefined) expect(verdict.body.reason).toMatch(reason);
    },
  );
});

describe("alive", () => {
  it("with an event loop and an election that move, whatever else is wrong", () => {
    expect(healthz({ ...leader, tunnel: { state: "fenced" }, enrolled: false }).ok).toBe(true);
  });

  it("not with an event loop that hangs, nor with an election that is stuck", () => {
    expect(healthz({ ...leader, loopLagMs: 20_000 }).ok).toBe(false);
    expect(healthz({ ...leader, sinceElectionMs: 120_000 }).ok).toBe(false);
  });
});
