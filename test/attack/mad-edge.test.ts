import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { declareProject } from "../e2e/lib.ts";
import { isAlive } from "../lib/process.ts";
import { until } from "../lib/until.ts";
import { makeCertificate } from "../manager/certificate.ts";
import { Apps, expectNoneLost, expectUntouched, NAMESPACE, type Standing } from "./apps.ts";
import { type Lineage, MadEdge } from "./mad-edge.ts";
import { answers, type Case, greetings, sessions } from "./madness.ts";
import { plan } from "./plan.ts";
import { residentBytes, type Scene, startScene } from "./scene.ts";

/** An edge that has gone mad, or a proxy that plays one, before an agent that has a cluster to keep. */
let scene: Scene;
let apps: Apps;
let mad: MadEdge;
let before: Standing;
let pid: number;

const APPS = 30;
const GROWTH_BYTES = 120 * 1024 * 1024;
/** Of each kind of madness the quick plan tries so many, of the seed's choice. */
const QUICK = 8;

/** Its waits are as short as chance could make them; the heap is bounded as the chart bounds it. */
const HASTY = "--max-old-space-size=230 --import=data:text/javascript,Math.random=()=>0.01";

beforeAll(async () => {
  scene = await startScene({ name: "mad", manager: { tls: true }, env: { NODE_OPTIONS: HASTY } });
  await declareProject(scene.api, "acme", "shop", scene.name);
  apps = new Apps(scene, plan.seed);
  await apps.create(APPS);
  before = await apps.settled();
  await apps.told();
  pid = scene.agent.pid();
});
afterAll(async () => {
  await mad?.stop();
  await scene?.stop();
});

/** What the agent has stored of the desired set, when it is as far as the manager. */
async function storedLineage(): Promise<Lineage> {
  const state = ["configmap", "kubenova-agent-state", "-n", "kubenova-system"];
  const { data } = await scene.kubectl.json<{ data: { state: string } }>("get", ...state);
  return JSON.parse(data.state) as Lineage;
}

async function keyOf(app: string): Promise<string> {
  const live = await scene.kubectl.json<{ metadata: { annotations: Record<string, string> } }>(
    ...(["get", "novaapp", app, "-n", NAMESPACE] as const),
  );
  return live.metadata.annotations["kubenova.io/desired-key"] ?? "";
}

/** The same process, no larger than before by more than a few frames, with its cluster as it was. */
async function expectUnharmed(memory: number): Promise<void> {
  expect([scene.agent.pid(), isAlive(pid)]).toEqual([pid, true]);
  expect(residentBytes(pid) - memory).toBeLessThan(GROWTH_BYTES);
  expectUntouched(before, await apps.standing(), []);
}

/** Back at the true manager, a change goes through. */
async function expectSane(): Promise<void> {
  scene.relay.leadTo();
  await apps.change("app-1");
  const after = await apps.settled();
  expectUntouched(before, after, ["app-1"]);
  before = after;
  await apps.told();
}

const chosen = (cases: Case[]): Case[] => (plan.long ? cases : apps.shuffled(cases).slice(0, QUICK));

async function suffer(cases: Case[]): Promise<void> {
  const memory = residentBytes(pid);
  const wrong: string[] = [];
  let next = mad.meet((cases[0] as Case).madness);
  scene.relay.leadTo(`https://127.0.0.1:${mad.port}`);
  for (const [index, { name, reason, code }] of cases.entries()) {
    const ended = await within(name, next);
    if (reason && !reason.test(ended.reason)) wrong.push(`${name}: ${ended.code} ${ended.reason}`);
    if (code && code !== ended.code) wrong.push(`${name}: ${ended.code} ${ended.reason}`);
    const following = cases[index + 1];
    if (following) next = mad.meet(following.madness);
  }
  expect(wrong).toEqual([]);
  await expectUnharmed(memory);
}

function within<T>(name: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name}: the agent did not let go`)), 60_000);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

describe("an edge that answers garbage", () => {
  beforeAll(async () => {
    const lineage = await until("its state is stored", storedLineage);
    const certificate = await makeCertificate(join(scene.manager.dir, "tls"), scene.manager.host);
    mad = await MadEdge.start(certificate, lineage);
  });

  it("to the upgrade: redirects are not followed, and the agent dials on", async () => {
    let followed = 0;
    const elsewhere = createServer((_request, response) => {
      followed += 1;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    await suffer(chosen(answers(`http://127.0.0.1:${port}/`)));
    expect(followed).toBe(0);
    await new Promise((resolve) => elsewhere.close(resolve));
    await expectSane();
  });

  it("as its first message: the session ends, and says why", async () => {
    await suffer(chosen(greetings));
    await expectSane();
  });

  it("within a session that it was believed: its cluster stays as it is", async () => {
    // Changed more than once: a tombstone of its first revision is an older one.
    await suffer(chosen(sessions(await storedLineage(), await keyOf("app-1"))));
    await expectSane();
  });

  it("of a sequence number that never was: all is kept, and followed again under a new epoch", async () => {
    const { epochId } = await storedLineage();
    const beyond = { t: "desired", seq: Number.MAX_SAFE_INTEGER, key: "tenant/x", revision: 1 };
    const frame = JSON.stringify({ ...beyond, op: "tombstone", correlationId: "mad" });
    const ended = mad.meet({ session: [frame], endsWith: "ack" });
    scene.relay.leadTo(`https://127.0.0.1:${mad.port}`);
    await within("the number from nowhere", ended);
    scene.relay.leadTo();
    await apps.change("app-2");
    const after = await apps.settled();
    expectNoneLost(before, after);
    before = after;
    await until("another epoch is stored", async () => (await storedLineage()).epochId !== epochId);
    await apps.told();
  });
});

describe("an edge that is not there", () => {
  /** Waits for a complaint of the agent, after so many lines of its log. */
  const untilSaid = (complaint: RegExp, earlier: number): Promise<boolean> => {
    const said = () => scene.log().slice(earlier);
    const isSaid = () => said().some(({ reason }) => complaint.test(String(reason)));
    return until(`the agent says ${complaint}`, isSaid, { deadlineMs: 60_000, everyMs: 200 });
  };

  /** A server that does this with each connection; the agent's complaint is awaited. */
  async function meetServer(onConnection: (socket: net.Socket) => void, complaint: RegExp): Promise<void> {
    const memory = residentBytes(pid);
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const earlier = scene.log().length;
    scene.relay.leadTo(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await untilSaid(complaint, earlier);
    await expectUnharmed(memory);
    scene.relay.leadTo();
    server.close();
  }

  it("but something that speaks no TLS", async () => {
    await meetServer(
      (socket) => socket.end(randomBytes(32 * 1024)),
      /wrong version number|packet|SSL|disconnected/i,
    );
    await expectSane();
  });

  it("but something that takes the connection and never says a word", async () => {
    await meetServer(() => {}, /no welcome in time/);
    await expectSane();
  });

  it("but somebody else with a certificate of their own", async () => {
    const other = await makeCertificate(join(scene.manager.dir, "other"), scene.manager.host);
    const impostor = await MadEdge.start(other, await storedLineage());
    const earlier = scene.log().length;
    scene.relay.leadTo(`https://127.0.0.1:${impostor.port}`);
    await untilSaid(/certificate/, earlier);
    expect(impostor.upgrades).toBe(0);
    await expectSane();
    await impostor.stop();
  });
});
