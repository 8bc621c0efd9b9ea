import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../protocol/events/envelope.ts";
import { api, apiRaw } from "../../../test/workerd/api.ts";
import { openEvents } from "../../../test/workerd/event-stream.ts";

interface Page {
  items: PublishedEvent[];
  nextCursor: string | null;
}

const list = async (query = ""): Promise<Page> => (await api<Page>("GET", `/events${query}`)).body;
const tenant = (name: string, body: unknown = {}) => api("PUT", `/tenants/${name}`, { body });

beforeAll(async () => {
  await tenant("acme");
  await tenant("globex");
  await tenant("acme", { displayName: "Acme" });
});

describe("the list of events", () => {
  it("gives them in the order of their commits, page by page", async () => {
    const first = await list("?limit=2");
    expect(first.items.map(({ type }) => type)).toEqual(["evt.tenant.created", "evt.tenant.created"]);
    const second = await list(`?limit=2&cursor=${first.nextCursor}`);
    expect(second.items.map(({ type }) => type)).toEqual(["evt.tenant.updated"]);
    expect(second.nextCursor).toBeNull();
    const backwards = await list("?order=desc");
    expect(backwards.items.map(({ seq }) => seq)).toEqual(
      [...first.items, ...second.items].map(({ seq }) => seq).reverse(),
    );
  });

  it("filters by tenant, type, subject, actor, correlation and time", async () => {
    const [event] = (await list("?tenant=acme&type=evt.tenant.updated")).items;
    expect(event?.data).toMatchObject({ before: { displayName: null }, after: { displayName: "Acme" } });
    expect((await list("?tenant=globex")).items).toHaveLength(1);
    expect((await list("?type=evt.tenant")).items).toHaveLength(3);
    expect((await list("?type=evt.tenan")).items).toHaveLength(0);
    expect((await list(`?subject=${event?.subject}`)).items).toHaveLength(2);
    expect((await list(`?correlationId=${event?.correlationId}`)).items).toHaveLength(1);
    expect((await list("?actor=nobody")).items).toHaveLength(0);
    expect((await list("?since=2000-01-01T00:00:00Z&until=2001-01-01T00:00:00Z")).items).toHaveLength(0);
  });

  it("gives one by its id", async () => {
    const [event] = (await list()).items;
    expect((await api("GET", `/events/${event?.id}`)).body).toEqual(event);
    expect((await api("GET", "/events/evt_01KAJ7Z8Q4X2N6V0D3M5R9T1WB")).code).toBe("KN-1200");
  });

  it("refuses what it does not understand", async () => {
    expect((await api("GET", "/events?type=tenant.*")).code).toBe("KN-1002");
    expect((await api("GET", "/events?cursor=abc")).code).toBe("KN-1002");
    expect((await api("GET", "/events?project=shop")).code).toBe("KN-1002");
    expect((await api("GET", "/events?tenant=nobody")).code).toBe("KN-1200");
    expect((await api("GET", "/events", { headers: { accept: "text/html" } })).code).toBe("KN-1009");
    expect((await api("GET", "/events", { token: null })).code).toBe("KN-1100");
  });
});

describe("the live feed", () => {
  it("gives each event as it is committed, in order, and only those of its tenant", async () => {
    const stream = await openEvents("/events?tenant=acme");
    await tenant("globex", { displayName: "no" });
    for (const n of [1, 2, 3]) await tenant("acme", { displayName: `Acme ${n}` });
    const events = await stream.take(3);
    expect(events.map(({ data }) => (data.data.after as { displayName: string }).displayName)).toEqual([
      "Acme 1",
      "Acme 2",
      "Acme 3",
    ]);
    await stream.close();
  });

  it("resumes after the last event that was seen, without gap or repeat", async () => {
    const all = (await list("?limit=200")).items.map(({ seq }) => seq);
    const seen = all[1] ?? 0;
    const stream = await openEvents("/events", { "last-event-id": String(seen) });
    const events = await stream.take(all.length - 2);
    expect(events.map(({ id }) => id)).toEqual(all.slice(2));
    await stream.close();
  });

  it("gives a burst once each and in order, to several readers with their own filters", async () => {
    const readers = await Promise.all([
      openEvents("/events"),
      openEvents("/events"),
      openEvents("/events?type=evt.tenant.created"),
    ]);
    await Promise.all(Array.from({ length: 20 }, (_, n) => tenant(`burst-${n}`)));
    for (const reader of readers) {
      const ids = (await reader.take(20)).map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      await reader.close();
    }
  });

  it("refuses a Last-Event-ID that is none of ours", async () => {
    const headers = { accept: "text/event-stream", "last-event-id": "x' OR 1=1" };
    expect((await apiRaw("GET", "/events", { headers })).status).toBe(422);
  });
});

describe("replaying events", () => {
  /** Events that wait, or that the outbox has delivered since. */
  const touched = (type: string) =>
    env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE type = ? AND delivered_at IS NOT 1")
      .bind(type)
      .first<number>("n");

  it("makes them undelivered from an offset on, of the types asked for", async () => {
    await env.DB.prepare("UPDATE events SET delivered_at = 1").run();
    const all = (await list("?limit=200")).items;
    const updates = all.filter(({ type }) => type === "evt.tenant.updated");
    const body = { fromSeq: updates[1]?.seq, types: ["evt.tenant.updated"] };
    const answer = await api("POST", "/events:replay", { body });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ replayed: updates.length - 1, nextSeq: null });
    expect(await touched("evt.tenant.updated")).toBe(updates.length - 1);
    expect(await touched("evt.tenant.created")).toBe(0);
  });

  it("wants an offset or a time, and known types", async () => {
    expect((await api("POST", "/events:replay", { body: {} })).code).toBe("KN-1002");
    expect((await api("POST", "/events:replay", { body: { fromSeq: 1, types: ["evt.x"] } })).code).toBe(
      "KN-1002",
    );
    expect((await api("POST", "/events:replay", { body: { since: "2999-01-01T00:00:00Z" } })).body).toEqual({
      replayed: 0,
      nextSeq: null,
    });
  });
});
