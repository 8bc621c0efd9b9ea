import { describe, expect, it } from "vitest";
import { dueBy, nextAlarm, retryDelayMs } from "./due.ts";
import { acceptedHosts, judgeHello, upgradeAdvice } from "./hello.ts";
import { clusterStatus, isConnected, lastSeen } from "./liveness.ts";
import { differInCountsAlone } from "./observed.ts";
import { decideReport } from "./status.ts";

describe("the one alarm", () => {
  it.each([
    ["nothing due: never", [], null],
    [
      "what comes first",
      [
        { kind: "hello", at: 5000 },
        { kind: "project", at: 2000 },
      ],
      2000,
    ],
  ] as const)("%s", (_what, table, at) => {
    expect(nextAlarm(table)).toBe(at);
  });

  it("does what is due, the earliest first", () => {
    const table = [
      { kind: "hello", at: 30 },
      { kind: "project", at: 10 },
      { kind: "pump", at: 40 },
    ] as const;
    expect(dueBy(table, 30)).toEqual(["project", "hello"]);
  });

  it("tries again later each time, within bounds", () => {
    expect(retryDelayMs(0, 0)).toBe(1000);
    expect(retryDelayMs(50, 0.999)).toBeLessThanOrEqual(61_000);
  });
});

describe("liveness", () => {
  it("is the younger of the last ping and the last frame", () => {
    expect(lastSeen({ lastPingAt: 5, lastFrameAt: 9 })).toBe(9);
    expect(lastSeen({ lastPingAt: null, lastFrameAt: null })).toBeNull();
  });

  it.each([
    [20_000, true, true],
    [20_001, true, false],
    [0, false, false],
  ])("%i ms of silence, open %s: connected %s", (silence, open, connected) => {
    expect(isConnected({ lastPingAt: 100, lastFrameAt: null, open }, 100 + silence, 20_000)).toBe(connected);
  });

  it.each([
    ["connected", false, true, "connected"],
    ["connected", false, false, "unknown"],
    ["bootstrapping", false, false, "bootstrapping"],
    ["pending_bootstrap", false, false, "pending_bootstrap"],
    ["bootstrapping", false, true, "connected"],
    ["connected", true, true, "deleted"],
  ] as const)("%s, deleted %s, alive %s is %s", (state, deleted, alive, status) => {
    expect(clusterStatus({ state, deleted }, alive)).toBe(status);
  });
});

describe("a hello", () => {
  const hello = { versions: [1], publicKey: "k", host: "Manager:443", clusterUid: "u", agentVersion: "1" };
  const context = {
    versions: [1],
    hosts: ["manager:443"],
    keys: [{ publicKey: "k", kubeUid: "u" }],
    signatureHolds: true,
  };
  it.each([
    ["is accepted", {}, {}, "accepted"],
    ["of another version", { versions: [2] }, {}, "upgrade"],
    ["whose signature does not hold", {}, { signatureHolds: false }, "unauthorized"],
    ["for another host", { host: "evil" }, {}, "unauthorized"],
    ["of an unknown key", { publicKey: "x" }, {}, "unauthorized"],
    ["from another cluster", { clusterUid: "v" }, {}, "wrong-cluster"],
    [
      "from another cluster without the key tells nothing of it",
      { clusterUid: "v" },
      { signatureHolds: false },
      "unauthorized",
    ],
  ] as const)("%s", (_what, change, more, kind) => {
    expect(judgeHello({ ...hello, ...change }, { ...context, ...more }).kind).toBe(kind);
  });

  it("says which side is behind, and knows the manager's other names", () => {
    expect(upgradeAdvice([1], [2, 3])).toContain("upgrade the agent");
    expect(upgradeAdvice([4], [2, 3])).toContain("upgrade the manager");
    expect(acceptedHosts("A.example", " b.example ,,c:8443")).toEqual(["a.example", "b.example", "c:8443"]);
  });
});

describe("a report", () => {
  const report = (revision: number, phase = "Ready") => ({ key: "k", revision, phase });
  it.each([
    ["the first", report(2), { revision: 2 }, undefined, "take"],
    ["of a revision that was never sent", report(3), { revision: 2 }, undefined, "drop"],
    ["of an unknown key", report(1), undefined, undefined, "drop"],
    [
      "of an older revision than the one held",
      report(1),
      { revision: 2 },
      { revision: 2, equal: false },
      "drop",
    ],
    ["that says nothing new", report(2), { revision: 2 }, { revision: 2, equal: true }, "same"],
    ["that changed", report(2), { revision: 2 }, { revision: 2, equal: false }, "take"],
    ["of an orphan", report(1, "Orphaned"), undefined, undefined, "orphan"],
    ["of an orphan that the set names again", report(1, "Orphaned"), { revision: 4 }, undefined, "drop"],
  ] as const)("%s", (_what, given, desired, held, decision) => {
    expect(decideReport(given, desired, held)).toBe(decision);
  });
});

describe("what a cluster says of itself", () => {
  const inventory = {
    nodes: 3,
    pods: 100,
    namespaces: 5,
    managed: { apps: 1 },
    kubernetesVersion: "v1.36.0",
  };
  it.each([
    ["other counts", { pods: 101, namespaces: 6, managed: { apps: 2 } }, true],
    ["a node more", { nodes: 4 }, false],
    ["another version", { kubernetesVersion: "v1.37.0", pods: 101 }, false],
  ])("may wait or not: %s", (_what, change, waits) => {
    expect(differInCountsAlone(inventory, { ...inventory, ...change })).toBe(waits);
  });

  it("never waits where nothing was known", () => {
    expect(differInCountsAlone(null, inventory)).toBe(false);
  });
});
