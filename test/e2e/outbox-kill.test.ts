import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Verifier } from "../../domain/audit/verify.ts";
import { ARM_DELAY_MS } from "../../domain/outbox/index.ts";
import type { PublishedEvent } from "../../protocol/events/envelope.ts";
import { plan } from "../attack/plan.ts";
import { ApiClient } from "../lib/api.ts";
import { SimulatedAgent } from "../lib/simulated-agent.ts";
import { enrolAgent } from "../lib/simulated-identity.ts";
import { until } from "../lib/until.ts";
import { type Manager, startManager } from "../manager/start.ts";
import { type AppLedger, imageOf, PROJECT_PATH, setFailpoints, Writer } from "./outbox-kill.lib.ts";
import { expectFinal, type Page, pages, type Release, told, writtenValues } from "./outbox-kill.reading.ts";

/**
 * A thousand writes while the process is killed again and again, at chosen points and at random ones. Afterwards every
 * answered write must be in the cluster, every unanswered one there wholly or not at all, and nothing made anew.
 * KUBENOVA_SEED repeats a failure.
 */
const WRITES = plan.long ? 5_000 : 1_000;
const WRITERS = 8;
const APPS_A_WRITER = 3;
/** What is killed in turn: at random, before a commit, between commit and delivery, in the outbox's alarm. */
const KILLS = ["random", "armed", "random", "committed", "committed,alarm", "random", "random"];

const sha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();

let manager: Manager;
let api: ApiClient;
let agent: SimulatedAgent;
let writers: Writer[];
let ledgers: AppLedger[];
const random = plan.random("kills");

beforeAll(async () => {
  manager = await startManager({ vars: { TEST_FAILPOINTS: "on", LOG_LEVEL: "warn" } });
  api = new ApiClient(manager);
  const cluster = await api.post<{ id: string }>("/api/v1/clusters", { name: "chaos" });
  const token = await api.post<{ token: string }>("/api/v1/clusters/chaos/join-tokens");
  agent = new SimulatedAgent({ manager, identity: await enrolAgent(manager.url, token.body.token) });
  expect(cluster.status).toBe(201);
  await api.post("/api/v1/tenants", { name: "acme" });
  await api.post("/api/v1/tenants/acme/projects", { name: "shop" });
  for (const name of ["staging", "production"]) {
    await api.post(`${PROJECT_PATH}/environments`, { name, placement: { cluster: "chaos" } });
  }
  const names = (writer: number) => Array.from({ length: APPS_A_WRITER }, (_, n) => `app-${writer}-${n}`);
  writers = Array.from(
    { length: WRITERS },
    (_, n) => new Writer(manager, names(n), plan.random(`writer ${n}`)),
  );
  ledgers = writers.flatMap((writer) => writer.ledgers);
});

afterAll(async () => {
  agent?.stop();
  api?.close();
  for (const writer of writers ?? []) writer.close();
  await manager?.stop();
});

const isUp = () =>
  until("the manager is up", async () => (await fetch(`${manager.url}/healthz`)).ok, { deadlineMs: 60_000 });

/** All writers write until `left` is used up; returns a promise and a way to see how many are done. */
function writeAll(): { done: Promise<unknown>; count: () => number } {
  let count = 0;
  const one = async (writer: Writer): Promise<void> => {
    while (count < WRITES) {
      count++;
      await writer.write(async () => void (await isUp()));
    }
  };
  return { done: Promise.all(writers.map(one)), count: () => count };
}

/** Kills the process at a point, and starts it again with what the next kill needs. */
async function kill(point: string, next: string): Promise<void> {
  await REACHED[point]?.();
  await new Promise((resolve) => setTimeout(resolve, random() * 100));
  await manager.kill();
  setFailpoints(manager, next === "random" ? "" : next);
  await manager.restart();
}

const answers = () => writers.reduce((sum, writer) => sum + writer.answers, 0);
const undelivered = async () =>
  /kubenova_outbox_undelivered\{/.test((await api.get<string>("/metrics")).body);

/** How each point shows that the work stands still there. */
const REACHED: Record<string, () => Promise<void>> = {
  // Every writer waits, and none is answered: all stand before their commit.
  async armed() {
    let since = { answers: -1, at: 0 };
    await until("writers stand still", () => {
      if (answers() !== since.answers) since = { answers: answers(), at: Date.now() };
      return (writers.every(({ waiting }) => waiting === 1) && Date.now() - since.at > 500) || undefined;
    });
  },
  async committed() {
    const before = answers();
    await until("answers without deliveries", () => answers() - before >= 24 || undefined);
    expect(await undelivered()).toBe(true);
  },
  async "committed,alarm"() {
    await REACHED.committed?.();
    const now = Date.now();
    // The alarm came by then, and found something: it stands there too.
    await until("the alarm's time", () => Date.now() - now > 2 * ARM_DELAY_MS || undefined);
    expect(await undelivered()).toBe(true);
  },
};

describe(`a thousand writes and ${KILLS.length} kills (seed ${plan.seed})`, () => {
  it("are survived", async () => {
    process.stderr.write(`outbox-kill: seed ${plan.seed}\n`);
    const writing = writeAll();
    for (const [index, point] of KILLS.entries()) {
      const at = Math.round(((index + 0.5 + random() / 2) * WRITES) / (KILLS.length + 1));
      if (point === "random")
        await until("writes", () => writing.count() >= at || undefined, { deadlineMs: 120_000 });
      await kill(point, KILLS[index + 1] ?? "random");
    }
    await writing.done;
    const answered = ledgers.reduce((sum, ledger) => sum + ledger.answered.length, 0);
    expect(answered).toBeGreaterThan(WRITES / 2);
  });

  it("are all delivered in the end, and none is given up", async () => {
    await until("the outbox is empty", async () => !(await undelivered()), {
      deadlineMs: 60_000,
      everyMs: 250,
    });
    expect(await pages(api, "/api/v1/dead-letters")).toEqual([]);
  });

  it("leave each answered write, and each unanswered one wholly or not at all", async () => {
    const events = await pages<PublishedEvent>(api, "/api/v1/events");
    const seen = { answered: 0, "unanswered and there": 0, "unanswered and absent": 0 };
    for (const ledger of ledgers) {
      const written = await writtenValues(api, ledger);
      seen.answered += ledger.answered.length;
      seen["unanswered and there"] += written.size - ledger.answered.length;
      seen["unanswered and absent"] += ledger.attempted.length - written.size;
      expect(written.size, ledger.name).toBe(new Set(written.values()).size);
      for (const value of ledger.answered) expect(written.has(value), `${ledger.name} ${value}`).toBe(true);
      for (const value of written.keys()) expect(ledger.attempted).toContain(value);
      // Each revision that is there has its row, its event and its deployment; one that is not there has none.
      const numbers = [...written.values()].sort((a, b) => a - b);
      expect(told(events, ledger, "evt.app"), `${ledger.name}: events`).toEqual(numbers);
      expect(told(events, ledger, "staging"), `${ledger.name}: deployments`).toEqual(numbers);
    }
    process.stderr.write(
      `outbox-kill: PUTs ${JSON.stringify(seen)}, ${agent.documents.received.length} frames\n`,
    );
  });

  it("are in the cluster: each release as the database has it", async () => {
    await agent.connected();
    for (const ledger of ledgers.filter(({ id }) => id !== "")) {
      const written = await writtenValues(api, ledger);
      const path = `${PROJECT_PATH}/apps/${ledger.name}/releases`;
      const releases = (await api.get<Page<Release>>(path)).body.items;
      for (const release of releases) {
        const held = await until(
          `${ledger.name} in ${release.environment} is in the cluster`,
          () => {
            const document = agent.documents.held.get(`release/${release.id}`);
            return document?.revision === release.desiredRevision ? document : undefined;
          },
          { deadlineMs: 15_000 },
        );
        const value = [...written].find(([, number]) => number === release.revision.number)?.[0] ?? -1;
        const spec = held.resource?.spec as { revisionId: string; source: { image: { image: string } } };
        expect(spec.revisionId).toBe(release.revision.id);
        expect(spec.source.image.image).toBe(imageOf(ledger.name, value));
      }
      expectFinal(ledger, releases);
    }
  });

  it("have one audit entry each, in a log that verifies", async () => {
    const text = await until("the log has what was committed", async () => {
      const headers = { authorization: `Bearer ${await api.bearer()}` };
      const exported = await fetch(`${manager.url}/api/v1/tenants/acme/audit:export`, { headers });
      return exported.ok && (await exported.text());
    });
    const verifier = new Verifier({ sha256, keys: [], previous: [] });
    const lines = text.trimEnd().split("\n");
    for (const line of lines) await verifier.take(line);
    const report = verifier.end();
    expect(report).toMatchObject({ problems: [], covered: report.entries, mutations: report.entries });
    const entries = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "entry");
    const told = await pages<PublishedEvent>(api, "/api/v1/events");
    const mutations = told.filter(({ tenant, actor }) => tenant !== null && actor === "platform-admin");
    const byRequest = new Set(mutations.map(({ correlationId }) => correlationId));
    expect(entries.map(({ leaf }) => leaf.correlationId).sort()).toEqual([...byRequest].sort());
  });

  it("made no object anew, and every repeat of a document was the same document", async () => {
    const digests = new Map<string, string | undefined>();
    for (const { key, revision, digest } of agent.documents.received) {
      const id = `${key}@${revision}`;
      if (digests.has(id)) expect(digests.get(id), id).toBe(digest);
      digests.set(id, digest);
    }
    const apps = await pages<{ id: string; name: string }>(api, `${PROJECT_PATH}/apps`);
    for (const ledger of ledgers.filter(({ id }) => id !== "")) {
      expect(apps.find(({ name }) => name === ledger.name)?.id).toBe(ledger.id);
    }
    const created = (await pages<PublishedEvent>(api, "/api/v1/events")).filter(
      ({ type }) => type === "evt.app.created",
    );
    expect(created.length).toBe(apps.length);
  });
});
