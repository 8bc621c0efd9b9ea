import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, inject, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import { auditEntry as entry } from "../../test/workerd/audit-entry.ts";
import { anId } from "../../test/workerd/seed.ts";
import type { Env } from "../../worker/env.ts";
import { findSink, putSink, sealSinkToken } from "../../worker/store/audit-sinks.ts";

const TOKEN = "a-token-of-the-siem";
const host = inject("siem");

/** A log, and a receiver of its own. */
class Streamed {
  readonly stub = env.AUDIT.getByName(anId("tenant"));
  readonly name = String(this.stub.name);
  readonly url = `http://${host}/${this.name}`;
  version = 0;

  async set(format: "jsonl" | "splunk-hec" = "jsonl", fromIndex = 0): Promise<void> {
    const now = Date.now();
    const place = { log: this.name, tenantId: null };
    const token = await sealSinkToken(env, place, TOKEN);
    const times = { createdAt: 1, updatedAt: now };
    const row = { ...place, ...times, url: this.url, format, token, fromIndex, personal: false };
    await env.DB.batch(putSink(env.DB, { ...row, version: ++this.version }, await findSink(env.DB, row.log)));
    await this.allow();
  }

  /** What the installation allows is a variable of the deployment; each life of the object reads it. */
  allow = (): Promise<void> =>
    runInDurableObject(this.stub, (object) => {
      (object as unknown as { env: Env }).env.OUTBOUND_ALLOW_HOSTS = host;
    });

  /** What the alarm does when it rings; the time of the next try is put to now before. */
  async round(): Promise<void> {
    await runInDurableObject(this.stub, async (_object, { storage }) => {
      const progress = storage.kv.get<{ nextAt: number }>("sink");
      if (progress) storage.kv.put("sink", { ...progress, nextAt: 0 });
      await storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(this.stub);
  }

  answering = (status: number) => fetch(this.url, { method: "PUT", body: String(status) });
  got = async () => (await fetch(this.url)).json<{ authorization: string; body: string }[]>();
  indexes = async () =>
    (await this.got()).flatMap(({ body }) =>
      body
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { index: number }).index),
    );
  state = async () => (await this.stub.trail()).sink;
}

describe("a streamed log", () => {
  it("goes out by itself, in order, with the token, and says that it did", async () => {
    const log = new Streamed();
    await log.set();
    await log.stub.append([entry(), entry()]);
    await log.stub.settingsChanged();
    await until("both", async () => (await log.indexes()).length === 2);
    await log.stub.append([entry()]);
    await until("the third", async () => (await log.indexes()).length === 3);
    expect(await log.indexes()).toEqual([0, 1, 2]);
    expect((await log.got())[0]?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(await log.state()).toMatchObject({ delivered: 3, waiting: 0, failures: 0, lastError: null });
  });

  it("waits for a receiver that fails, longer and longer, and loses nothing", async () => {
    const log = new Streamed();
    await log.set();
    await log.stub.append([entry(), entry()]);
    await log.answering(503);
    await log.round();
    await log.round();
    const state = await log.state();
    expect(state).toMatchObject({ delivered: 0, waiting: 2 });
    expect(state?.failures).toBeGreaterThanOrEqual(2);
    expect(state?.lastError).toBe("the receiver answered 503");
    expect(state?.nextAt).toBeGreaterThan(Date.now() + 1_000);
    await log.stub.append([entry()]);
    await log.answering(200);
    await log.round();
    expect(await log.indexes()).toEqual([0, 1, 2]);
  });

  it("goes on taking entries and signing checkpoints while its receiver hangs", async () => {
    const log = new Streamed();
    await log.set();
    await log.answering(0);
    await log.stub.append([entry()]);
    const round = log.round();
    await until("a request that hangs", async () => (await log.state()) !== null);
    await log.stub.append([entry()]);
    const signed = await log.stub.checkpoint();
    expect(signed).toMatchObject({ size: 2 });
    await round;
    expect(await log.state()).toMatchObject({ delivered: 0, failures: 1 });
    expect((await log.state())?.lastError).toContain("no answer in time");
  });

  it("repeats what may not have arrived when its object dies, and skips nothing", async () => {
    const log = new Streamed();
    await log.set();
    await log.stub.append([entry(), entry()]);
    await log.round();
    // Killed after the receiver took the entries and before that was written down.
    await runInDurableObject(log.stub, (_object, { storage }) => {
      const progress = storage.kv.get<object>("sink");
      storage.kv.put("sink", { ...progress, cursor: 1 });
    });
    await evictDurableObject(log.stub);
    await log.allow();
    await log.stub.append([entry()]);
    await log.round();
    expect(await log.indexes()).toEqual([0, 1, 1, 2]);
  });

  it("begins where it was set to, goes on where it was when it is changed, and ends when it is taken away", async () => {
    const log = new Streamed();
    await log.stub.append([entry(), entry()]);
    await log.set("jsonl", 1);
    await log.round();
    await log.set("splunk-hec", 1);
    await log.stub.append([entry()]);
    await log.round();
    const [first, second] = await log.got();
    expect(JSON.parse(first?.body ?? "")).toMatchObject({ index: 1, log: log.name });
    expect(second?.authorization).toBe(`Splunk ${TOKEN}`);
    expect(JSON.parse(second?.body ?? "")).toMatchObject({ event: { index: 2 }, sourcetype: "_json" });
    await env.DB.prepare("DELETE FROM audit_sinks WHERE log = ?").bind(log.name).run();
    await log.stub.append([entry()]);
    await log.round();
    expect(await log.state()).toBeNull();
    expect(await log.got()).toHaveLength(2);
  });
});
