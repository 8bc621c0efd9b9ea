import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { anId } from "../test/workerd/seed.ts";
import { recordEvents } from "../worker/store/events.ts";
import type { FeedListener } from "./feed.ts";
import type { FeedRequest } from "./rpc.ts";

const feed = env.TENANT.getByName("platform");
const open: ReadableStream[] = [];

afterEach(async () => {
  for (const stream of open.splice(0)) await stream.cancel().catch(() => undefined);
  await commit(1);
  await vi.waitUntil(async () => (await listeners()) === 0, { timeout: 15_000 });
});

/** Opens the feed and leaves its body unread. */
async function listen(request: FeedRequest = { filter: {} }): Promise<Response> {
  const response = await feed.fetch("https://feed/", { method: "POST", body: JSON.stringify(request) });
  if (response.body) open.push(response.body);
  return response;
}

const inside = <T>(look: (object: { listeners: Set<FeedListener> }) => T): Promise<T> =>
  runInDurableObject(feed, (object) => look(object as unknown as { listeners: Set<FeedListener> }));
const listeners = () => inside((object) => object.listeners.size);

/** Commits events with this many bytes of data each, and pokes the feed. */
async function commit(count: number, bytes = 10): Promise<void> {
  const origin = { actor: "t", correlationId: "c", now: Date.now(), shard: 0, newId: anId };
  const data = { note: "x".repeat(bytes) };
  const news = Array.from({ length: count }, () => ({
    type: "evt.app.created",
    tenantId: null,
    subject: "app/x",
    data,
  }));
  await env.DB.batch(recordEvents(env.DB, origin, news as never).statements);
  await feed.poke(0);
}

describe("a feed", () => {
  it("frees a reader that went away with the next thing it would have sent", async () => {
    const response = await listen();
    expect(await listeners()).toBe(1);
    await response.body?.cancel();
    await commit(1);
    await vi.waitUntil(async () => (await listeners()) === 0, { timeout: 15_000 });
  });

  it("waits for a reader that is slow, and holds no more than a page for it", async () => {
    await listen({ filter: {}, after: 0 });
    for (let n = 0; n < 6; n++) await commit(50, 20_000);
    const newest = (await env.DB.prepare("SELECT MAX(seq) AS seq FROM events").first<number>("seq")) ?? 0;
    const cursor = await inside((object) => {
      const [listener] = [...object.listeners] as unknown as { cursor: number }[];
      return listener?.cursor ?? -1;
    });
    expect(cursor).toBeLessThan(newest - 200);
  });

  it("goes on with what comes now for a reader that is ahead: the database was restored", async () => {
    const response = await listen({ filter: {}, after: 1_000_000_000 });
    open.pop();
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    await commit(1);
    expect((await reader?.read())?.value).toMatch(/^id: \d+\nevent: evt.app.created\n/);
    await reader?.cancel();
  });

  it("takes two hundred readers and no more", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 205 }, () => listen().then(({ status }) => status)),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });

  it("has no alarm and stores nothing, whoever listens", async () => {
    await listen();
    await commit(1);
    const stored = await runInDurableObject(feed, async (_object, state) => [
      await state.storage.getAlarm(),
      (await state.storage.list()).size,
    ]);
    expect(stored).toEqual([null, 0]);
  });
});
