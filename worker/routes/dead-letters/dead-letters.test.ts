import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { api } from "../../../test/workerd/api.ts";
import { anId } from "../../../test/workerd/seed.ts";
import { insertRow } from "../../store/rows.ts";
import { deadLetters, events } from "../../store/schema/index.ts";

interface Letter {
  id: string;
  state: string;
  eventId: string;
  settledBy?: string | null;
}

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare("DELETE FROM dead_letters"), env.DB.prepare("DELETE FROM events")]);
});

/** An event that was given up, and its dead letter. */
async function dead(fields: Partial<typeof deadLetters.$inferInsert> = {}): Promise<Letter> {
  const eventId = anId("event");
  const shard = 5;
  await insertRow(env.DB, events, {
    id: eventId,
    type: "evt.app.created",
    version: 1,
    subject: "app/x",
    actor: "a",
    correlationId: "c",
    idempotencyKey: eventId,
    occurredAt: 1,
    data: {},
    shard,
    attempts: 5,
    deadAt: 2,
    lastError: "away",
  }).run();
  const seq =
    (await env.DB.prepare("SELECT seq FROM events WHERE id = ?").bind(eventId).first<number>("seq")) ?? 0;
  const letter = {
    id: anId("deadLetter"),
    source: "outbox" as const,
    eventId,
    eventSeq: seq,
    eventType: "evt.app.created",
    reason: "away",
    attempts: 5,
    createdAt: 2,
    state: "dead" as const,
    ...fields,
  };
  await insertRow(env.DB, deadLetters, letter).run();
  return letter;
}

const eventRow = (id: string) =>
  env.DB.prepare("SELECT delivered_at, dead_at, attempts FROM events WHERE id = ?").bind(id).first();
const post = (path: string, body?: unknown) =>
  api<Letter & { replayed: number }>("POST", `/dead-letters${path}`, { body });

describe("dead letters", () => {
  it("are listed newest first, by state and source, page by page", async () => {
    const letters = [await dead(), await dead({ source: "queue" }), await dead({ state: "discarded" })];
    const page = (await api<{ items: Letter[]; nextCursor: string }>("GET", "/dead-letters?limit=2")).body;
    const ids = letters.map(({ id }) => id).sort();
    expect(page.items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const rest = await api<{ items: Letter[] }>("GET", `/dead-letters?limit=2&cursor=${page.nextCursor}`);
    expect(rest.body.items.map(({ id }) => id)).toEqual([ids[0]]);
    const queued = await api<{ items: Letter[] }>("GET", "/dead-letters?source=queue&state=dead");
    expect(queued.body.items.map(({ id }) => id)).toEqual([letters[1]?.id]);
  });

  it("are replayed: the event is delivered with new tries", async () => {
    const letter = await dead();
    const answer = await post(`/${letter.id}:replay`);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ state: "replayed", settledBy: "platform-admin" });
    expect(await eventRow(letter.eventId)).toEqual({ delivered_at: null, dead_at: null, attempts: 0 });
    await runDurableObjectAlarm(env.OUTBOX.getByName("5"));
    expect((await eventRow(letter.eventId))?.delivered_at).not.toBeNull();
  });

  it("are settled once", async () => {
    const letter = await dead();
    expect((await post(`/${letter.id}:discard`)).body.state).toBe("discarded");
    expect((await post(`/${letter.id}:replay`)).code).toBe("KN-1305");
    expect((await post(`/${letter.id}:discard`)).code).toBe("KN-1305");
    expect(await eventRow(letter.eventId)).toMatchObject({ dead_at: 2 });
  });

  it("are settled by one of two who try at once", async () => {
    const letter = await dead();
    const answers = await Promise.all([post(`/${letter.id}:replay`), post(`/${letter.id}:discard`)]);
    expect(answers.filter(({ code }) => code === "KN-1305")).toHaveLength(1);
  });

  it("are replayed from an offset, or from a time", async () => {
    const [first, second, third] = [
      await dead({ createdAt: 1_000 }),
      await dead({ createdAt: 5_000 }),
      await dead(),
    ];
    const seq = await env.DB.prepare("SELECT event_seq FROM dead_letters WHERE id = ?")
      .bind(second?.id)
      .first("event_seq");
    expect((await post(":replay", { fromSeq: seq })).body.replayed).toBe(2);
    expect(await eventRow(third?.eventId ?? "")).toMatchObject({ dead_at: null });
    expect(await eventRow(first?.eventId ?? "")).toMatchObject({ dead_at: 2 });
    expect((await post(":replay", { since: "1970-01-01T00:00:01Z" })).body.replayed).toBe(1);
  });

  it("cannot be replayed once their event is gone", async () => {
    const letter = await dead({ eventId: anId("event") });
    expect((await post(`/${letter.id}:replay`)).code).toBe("KN-1203");
    expect((await api("GET", `/dead-letters/${letter.id}`)).status).toBe(200);
    expect((await api("GET", `/dead-letters/${anId("deadLetter")}`)).code).toBe("KN-1200");
  });
});
