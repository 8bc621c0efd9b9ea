import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { PublishedEvent } from "../protocol/events/envelope.ts";
import { anId } from "../test/workerd/seed.ts";
import type { Env } from "../worker/env.ts";
import { recordEvents } from "../worker/store/events.ts";
import { eventsByIds } from "../worker/store/outbox.ts";
import { consume } from "./index.ts";
import { grouped, publish, publishedEvent } from "./publish.ts";

const published = (seq: number, more: Partial<PublishedEvent> = {}): PublishedEvent => ({
  seq,
  id: anId("event"),
  type: "evt.app.created",
  version: 1,
  tenant: null,
  subject: "app/app_1",
  actor: "test",
  correlationId: "c",
  causationId: null,
  idempotencyKey: "k",
  occurredAt: "2026-11-21T10:00:00.000Z",
  data: {},
  ...more,
});

const batchOf = (queue: string, bodies: unknown[], attempts = 1) =>
  createMessageBatch(
    queue,
    bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts, body })),
  );

async function archived(): Promise<{ key: string; lines: PublishedEvent[] }[]> {
  const { objects } = await env.ARCHIVE.list({ prefix: "events/" });
  return Promise.all(
    objects.map(async ({ key }) => {
      const text = (await (await env.ARCHIVE.get(key))?.text()) ?? "";
      return {
        key,
        lines: text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as PublishedEvent),
      };
    }),
  );
}

describe("the archive", () => {
  it("stores a batch once, however often and in whatever order it comes", async () => {
    const events = [published(7), published(5), published(6)];
    await consume(batchOf("kubenova-events", events), env);
    await consume(batchOf("kubenova-events", [...events].reverse()), env);
    const objects = await archived();
    expect(objects).toHaveLength(1);
    expect(objects[0]?.key).toMatch(/^events\/2026\/11\/21\/000000000005-[0-9a-f]{16}\.jsonl$/);
    expect(objects[0]?.lines.map(({ seq }) => seq)).toEqual([5, 6, 7]);
  });

  it("has an event whole that was too large for a message", async () => {
    const origin = { actor: "t", correlationId: "c", now: 1, shard: 0, newId: anId };
    const data = { note: "x".repeat(200_000) };
    const { ids, statements } = recordEvents(env.DB, origin, [
      { type: "evt.app.created", tenantId: null, subject: "app/big", data } as never,
    ]);
    await env.DB.batch(statements);
    const [stored] = await eventsByIds(env.DB, ids);
    if (!stored) throw new Error("the event is not there");
    const { message, bytes } = publishedEvent(stored);
    expect(message).toMatchObject({ data: {}, dataRef: `/api/v1/events/${stored.id}` });
    expect(bytes).toBeLessThan(128_000);
    await consume(batchOf("kubenova-events", [message]), env);
    const line = (await archived()).flatMap(({ lines }) => lines).find(({ id }) => id === stored.id);
    expect(line?.data).toEqual(data);
  });

  it("asks for a batch again, later, where it could not be stored", async () => {
    const broken = {
      ...env,
      ARCHIVE: { put: () => Promise.reject(new Error("R2 is away")) },
    } as unknown as Env;
    const batch = batchOf("kubenova-events", [published(1)], 2);
    const retry = vi.spyOn(batch.messages[0] as Message, "retry");
    await consume(batch, broken);
    const result = await getQueueResult(batch, createExecutionContext());
    expect(result.retryMessages).toHaveLength(1);
    expect(result.ackAll).toBe(false);
    expect(retry.mock.calls[0]?.[0]?.delaySeconds).toBeGreaterThanOrEqual(5);
  });
});

describe("the dead-letter queue", () => {
  it("becomes dead letters, one an event, and drops what is no event", async () => {
    const event = published(9, { type: "evt.app.deleted" });
    const batch = batchOf("kubenova-events-dead", [event, event, { nonsense: true }]);
    await consume(batch, env);
    const { results } = await env.DB.prepare(
      "SELECT source, event_id, event_seq, state FROM dead_letters",
    ).all();
    expect(results).toEqual([{ source: "queue", event_id: event.id, event_seq: 9, state: "dead" }]);
  });

  it("asks for a message every hour for days where the database is away", async () => {
    const DB = { prepare: () => ({ bind: () => ({ run: () => Promise.reject(new Error("D1 is away")) }) }) };
    const batch = batchOf("kubenova-events-dead", [published(1)], 90);
    const retry = vi.spyOn(batch.messages[0] as Message, "retry");
    await consume(batch, { ...env, DB } as unknown as Env);
    expect(retry.mock.calls[0]?.[0]?.delaySeconds).toBe(3_600);
  });
});

describe("messages for the queue", () => {
  it("stay within a number and a size; what is too large alone stands alone", () => {
    const most = { items: 100, bytes: 240_000 };
    const lengths = (...bytes: number[]) =>
      grouped(
        bytes.map((each) => ({ bytes: each })),
        most,
      ).map((group) => group.length);
    expect(lengths(...Array.from({ length: 250 }, () => 10))).toEqual([100, 100, 50]);
    expect(lengths(...Array.from({ length: 5 }, () => 100_000))).toEqual([2, 2, 1]);
    expect(lengths(10, 300_000, 10)).toEqual([1, 1, 1]);
  });

  it("hold the events of one delivery together, up to 64 KB, and give the consumer each of them", async () => {
    const sent: unknown[] = [];
    const EVENTS = {
      sendBatch: async (batch: { body: unknown }[]) => void sent.push(...batch.map(({ body }) => body)),
    };
    const origin = { actor: "t", correlationId: "c", now: 1, shard: 0, newId: anId };
    const news = [10, 20, 50_000, 30].map((size, n) => ({
      type: "evt.app.created" as const,
      tenantId: null,
      subject: `app/packed-${n}`,
      data: { note: "x".repeat(size) },
    }));
    const { ids, statements } = recordEvents(env.DB, origin, news as never);
    await env.DB.batch(statements);
    await publish({ ...env, EVENTS } as unknown as Env, await eventsByIds(env.DB, ids));
    expect(sent).toHaveLength(1);
    const large = Array.from({ length: 3 }, () => ({ ...news[2], subject: "app/large" }));
    const more = recordEvents(env.DB, origin, large as never);
    await env.DB.batch(more.statements);
    await publish({ ...env, EVENTS } as unknown as Env, await eventsByIds(env.DB, more.ids));
    expect(sent).toHaveLength(4);
    await consume(batchOf("kubenova-events", sent), env);
    const lines = (await archived()).flatMap((object) => object.lines);
    const found = lines.filter(({ subject }) => /packed|large/.test(subject)).map(({ id }) => id);
    expect(found.sort()).toEqual([...ids, ...more.ids].sort());
  });
});
