import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap, declareProject, type Release, rawSpec, waitForRelease } from "../e2e/lib.ts";
import { until } from "../lib/until.ts";
import { makeCertificate } from "../manager/certificate.ts";
import { type AgentProcess, startAgentProcess } from "../services/agent-process.ts";
import { type LogLine, linesOf, type Scene, startScene } from "./scene.ts";

/**
 * Two agents of one cluster whose clocks are two hours apart: the leader's an hour behind, so that its Lease looks long
 * expired, the standby's an hour ahead. API server and manager show the right time.
 */
let scene: Scene;
let standby: AgentProcess;
const ends: (() => Promise<unknown>)[] = [];

const HOUR_MS = 3_600_000;
const APP = "/api/v1/tenants/acme/projects/shop/apps/clocked";
/** Requests and polls take a while; an hour is far from it. */
const NEAR_MS = 120_000;

/** The process sees another wall clock: Debian's libfaketime. How fast time passes stays as it is. */
function shifted(hours: string): Record<string, string> {
  const folders = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
  const library = folders
    .map((folder) => join("/usr/lib", folder, "faketime/libfaketime.so.1"))
    .find((file) => readdirSync(join(file, "../..")).includes("faketime"));
  if (!library) throw new Error("libfaketime is missing: test/cluster/setup.sh installs it");
  return { LD_PRELOAD: library, FAKETIME: hours, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

const another = async (
  env: Record<string, string>,
  name: string,
  manager: { url: string; caFile?: string },
) => {
  const logFile = join(scene.manager.dir, `${name}.log`);
  const options = { cluster: scene.cluster, manager, joinToken: scene.joinToken, mode: "manage" as const };
  const agent = await startAgentProcess({ ...options, logFile, env: { POD_NAME: name, ...env } });
  ends.push(() => agent.stop());
  return { agent, log: () => linesOf(logFile) };
};

beforeAll(async () => {
  scene = await startScene({ name: "clock", env: { POD_NAME: "behind", ...shifted("-1h") } });
  ends.push(() => scene.stop());
  await declareProject(scene.api, "acme", "shop", scene.name);
  standby = (await another(shifted("+1h"), "ahead", { url: scene.relay.url.origin })).agent;
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const readyz = async (agent: AgentProcess) =>
  (await (await fetch(`${agent.url}/readyz`)).json()) as { role: string; clock?: string };
const near = (time: string | undefined) => Math.abs(Date.parse(time ?? "") - Date.now()) < NEAR_MS;
const lease = () =>
  scene.kubectl.json<{ spec: { holderIdentity: string; renewTime: string; leaseTransitions: number } }>(
    ...(["get", "lease", "kubenova-agent", "-n", "kubenova-system"] as const),
  );

describe("an agent whose clock is an hour behind", () => {
  it("enrols, deploys and reports, under the manager's times", async () => {
    await scene.api.put(APP, { spec: rawSpec([configMap("clocked", { v: "1" })]) });
    await waitForRelease(scene.api, APP, "staging", "Ready", 1);
    type Observed = Release & { observed: { at: string }; lastSeenAt: string; updatedAt: string };
    const { body } = await scene.api.get<Observed>(`${APP}/releases/staging`);
    expect([near(body.observed.at), near(body.lastSeenAt), near(body.updatedAt)]).toEqual([true, true, true]);
  });

  it("says that its clock is off, and by how much", async () => {
    expect((await readyz(scene.agent)).clock).toMatch(
      /^this machine's clock is 3(599|600|601) s behind the API server's/,
    );
    expect(scene.log().find(({ message }) => message === "the clock is off")).toBeDefined();
    const flag = async () => {
      const { body } = await scene.api.get<{ capabilities?: { flags: Record<string, boolean> } }>(
        `/api/v1/clusters/${scene.name}`,
      );
      return body.capabilities?.flags.clockInStep === false;
    };
    await until("the manager knows", flag);
  });

  it("keeps its Lease against a standby whose clock is an hour ahead, to which it looks expired", async () => {
    await until("the standby stands by", async () => (await readyz(standby)).role === "standby");
    const { spec: first } = await lease();
    expect(Date.parse(first.renewTime)).toBeLessThan(Date.now() - HOUR_MS + NEAR_MS);
    const renewals = new Set<string>();
    await until(
      "it was renewed through more than the Lease's length",
      async () => {
        const { spec } = await lease();
        expect([spec.holderIdentity, spec.leaseTransitions]).toEqual([
          first.holderIdentity,
          first.leaseTransitions,
        ]);
        return renewals.add(spec.renewTime).size >= 9;
      },
      { deadlineMs: 60_000, everyMs: 500 },
    );
  });
});

describe("an agent whose clock is an hour ahead", () => {
  it("takes over when the leader dies, not an hour later, and goes on with the same cluster", async () => {
    await scene.agent.kill();
    await until("it leads", async () => (await readyz(standby)).role === "leader", {
      deadlineMs: 40_000,
      everyMs: 250,
    });
    await scene.connected();
    await scene.api.put(APP, { spec: rawSpec([configMap("clocked", { v: "2" })]) });
    await waitForRelease(scene.api, APP, "staging", "Ready", 2);
    expect((await readyz(standby)).clock).toMatch(
      /^this machine's clock is 3(599|600|601) s ahead of the API server's/,
    );
  });
});

describe("TLS", () => {
  it("of a manager whose certificate is younger than the agent's clock: it says what its clock has to do with it", async () => {
    await standby.kill();
    const certificate = await makeCertificate(join(scene.manager.dir, "young"), "127.0.0.1");
    const server = createServer({ key: readFileSync(certificate.key), cert: readFileSync(certificate.cert) });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { log } = await another(shifted("-1h"), "strict", { url, caFile: certificate.ca });
    const told = ({ message, reason, error }: LogLine) =>
      /not connected|no identity/.test(message) && String(reason ?? error);
    const said = await until("it complains", () => log().map(told).find(Boolean), {
      deadlineMs: 60_000,
      everyMs: 250,
    });
    expect(said).toMatch(
      /certificate is not yet valid: this machine's clock says .*; this machine's clock is 3\d\d\d s behind the API server's/,
    );
    server.close();
  });
});
