import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { FAILURES_TO_OPEN } from "../../domain/limits/breaker.ts";
import { until } from "../../test/lib/until.ts";
import { enrolCluster, TestAgent } from "../../test/workerd/agent.ts";
import { api } from "../../test/workerd/api.ts";
import { livenessOf } from "../routes/shared/liveness.ts";
import { throughCircuit } from "./circuit.ts";

const impatient = { "x-kubenova-timeout-seconds": "1" };

describe("a service that does not answer", () => {
  it("is not asked any more after five failures, then by one probe, and is well with its first answer", async () => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const ask = (service: string) =>
      api("GET", `/clusters/${identity.name}/proxy/services/shop/${service}:80/`, { headers: impatient });
    const failures = await Promise.all(Array.from({ length: FAILURES_TO_OPEN }, () => ask("sick")));
    expect(failures.map(({ code }) => code)).toEqual(Array(FAILURES_TO_OPEN).fill("KN-1501"));
    const opens = () => agent.frames.filter(({ t }) => t === "open").length;
    const asked = opens();
    const refused = await ask("sick");
    expect(refused).toMatchObject({ status: 503, code: "KN-1505" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(opens()).toBe(asked);
    // Another service, and the API server, are asked all the same.
    expect((await ask("other")).code).toBe("KN-1501");
    expect(opens()).toBe(asked + 1);
    let answered = opens();
    const answering = setInterval(() => {
      for (const frame of agent.frames.filter(({ t }) => t === "open").slice(answered)) {
        answered++;
        if (frame.t !== "open") continue;
        agent.send({ t: "opened", s: frame.s, status: 200, headers: [], credit: 0 });
        agent.send({ t: "end", s: frame.s, at: 0 });
      }
    }, 20);
    try {
      await until("the probe is let through", async () => (await ask("sick")).status === 200, {
        deadlineMs: 20_000,
      });
    } finally {
      clearInterval(answering);
    }
    const all = await Promise.all(Array.from({ length: 3 }, () => ask("sick").then(({ code }) => code)));
    expect(all).not.toContain("KN-1505");
    agent.close();
  });
});

describe("a cluster's object that does not answer", () => {
  it("is not waited for by each list", async () => {
    let asked = 0;
    const broken = {
      liveness: () => {
        asked++;
        return Promise.reject(new Error("the object is overloaded"));
      },
    };
    const sick = { ...env, CLUSTER: { getByName: () => broken } as unknown as typeof env.CLUSTER };
    for (let i = 0; i < 20; i++) {
      const liveness = await livenessOf(sick, ["cls_sick"]);
      expect(liveness.get("cls_sick")).toEqual({ connected: false, lastSeenAt: null, session: 0 });
    }
    expect(asked).toBe(FAILURES_TO_OPEN);
  });
});

describe("a refusal of the cluster's", () => {
  it("opens nothing", async () => {
    const refuse = () =>
      throughCircuit(
        "part",
        () => Promise.reject(new Error("no")),
        () => false,
      );
    for (let i = 0; i < 3 * FAILURES_TO_OPEN; i++) await expect(refuse()).rejects.toThrow("no");
  });
});
