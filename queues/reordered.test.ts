import { createMessageBatch, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plan } from "../test/attack/plan.ts";
import { api } from "../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../test/workerd/catalogue.ts";
import { openEvents } from "../test/workerd/event-stream.ts";
import { clusterStub } from "../worker/store/database.ts";
import { desiredForCluster } from "../worker/store/desired.ts";
import { eventsByIds } from "../worker/store/outbox.ts";
import { publishedOf, type StoredEvent } from "../worker/store/stored-event.ts";
import { deliverStored } from "./deliver.ts";
import { consume } from "./index.ts";

/**
 * Every event reaches the deliverer, the feed and the archive again: twice, late, in any order, between later changes.
 * All owners must end where the database is, never having gone backwards, and a repeat must change nothing.
 */
const RUNS = plan.long ? 60 : 6;
const APPS = ["a", "b", "c"];

type Step =
  | { kind: "put"; app: string; value: number }
  | { kind: "delete"; app: string }
  | { kind: "restore"; app: string }
  | { kind: "label"; value: number }
  /** Delivers again what came before: picks are fractions of the list of events. */
  | { kind: "again"; picks: number[] };

const app = fc.constantFrom(...APPS);
const picks = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("put" as const), app, value: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("delete" as const, "restore" as const), app }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("label" as const), value: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("again" as const), picks }) },
);

interface Held {
  key: string;
  revision: number;
  op: string;
  seq: number;
}

const heldBy = (clusterId: string): Promise<Held[]> =>
  runInDurableObject(clusterStub(env, clusterId), (_object, { storage }) => {
    const exists =
      storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'desired'").toArray().length > 0;
    return exists
      ? storage.sql
          .exec<Held & Record<string, SqlStorageValue>>(
            "SELECT key, revision, op, seq FROM desired ORDER BY key",
          )
          .toArray()
      : [];
  });

async function wanted(clusterId: string): Promise<string[]> {
  const lines: string[] = [];
  for (let afterKey: string | null = null; ; ) {
    const page = await desiredForCluster(env.DB, clusterId, { afterKey, limit: 100, correlationId: "x" });
    lines.push(...page.documents.map(({ key, revision }) => `${key} ${revision}`));
    if (page.next === null) return lines.sort();
    afterKey = page.next;
  }
}

async function eventsAfter(seq: number): Promise<StoredEvent[]> {
  const { results } = await env.DB.prepare("SELECT id FROM events WHERE seq > ? ORDER BY seq")
    .bind(seq)
    .all<{ id: string }>();
  return (
    await eventsByIds(
      env.DB,
      results.map(({ id }) => id),
    )
  ).sort((a, b) => a.seq - b.seq);
}

/** One world of its own a run, in which nothing goes back. */
class World {
  readonly project: string;
  readonly clusterId: string;
  readonly after: number;
  #last = new Map<string, number>();

  private constructor(project: string, clusterId: string, after: number) {
    this.project = project;
    this.clusterId = clusterId;
    this.after = after;
  }

  static async make(n: number): Promise<World> {
    const after = (await env.DB.prepare("SELECT MAX(seq) AS seq FROM events").first<number>("seq")) ?? 0;
    const clusterId = await givenCluster(`reordered-${n}`);
    const project = await givenProject(`reordered-${n}`, "shop");
    await api("PUT", `${project}/environments/staging`, {
      body: { placement: { cluster: `reordered-${n}` } },
    });
    return new World(project, clusterId, after);
  }

  async do(step: Step): Promise<void> {
    if (step.kind === "put") {
      await api("PUT", `${this.project}/apps/${step.app}`, {
        body: { spec: imageSpec(`web:${step.value}`) },
      });
    } else if (step.kind === "delete" || step.kind === "restore") {
      const path = `${this.project}/apps/${step.app}`;
      await (step.kind === "delete" ? api("DELETE", path) : api("POST", `${path}:restore`));
    } else if (step.kind === "label") {
      await api("PATCH", `${this.project}/environments/staging`, {
        body: { labels: { v: String(step.value) } },
      });
    } else {
      const events = await eventsAfter(this.after);
      const chosen = step.picks.map((pick) => events[Math.floor(pick * events.length)] as StoredEvent);
      expect([...(await deliverStored(env, chosen)).values()]).toEqual([]);
    }
    await this.neverBack();
  }

  async neverBack(): Promise<void> {
    for (const { key, revision } of await heldBy(this.clusterId)) {
      expect(revision, key).toBeGreaterThanOrEqual(this.#last.get(key) ?? 0);
      this.#last.set(key, revision);
    }
  }
}

const batchOf = (events: StoredEvent[]) =>
  createMessageBatch(
    "kubenova-events",
    events.map((event, n) => ({
      id: String(n),
      timestamp: new Date(),
      attempts: 1,
      body: publishedOf(event),
    })),
  );

/** Lines of the archive of these events: id → every text that it is kept as. */
async function archived(ids: ReadonlySet<string>): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const { objects } = await env.ARCHIVE.list({ prefix: "events/" });
  for (const { key } of objects) {
    const text = (await (await env.ARCHIVE.get(key))?.text()) ?? "";
    for (const line of text.trimEnd().split("\n")) {
      const { id } = JSON.parse(line) as { id: string };
      if (ids.has(id)) found.set(id, (found.get(id) ?? new Set()).add(line));
    }
  }
  return found;
}

let made = 0;
const order = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
const shuffled = <T>(list: T[], next: () => number): T[] =>
  list
    .map((value) => ({ value, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);

describe("events that come twice, late and in any order, between later changes", () => {
  it("leave clusters, feeds and the archive where the database is", async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 12 }),
      order,
      async (steps, random) => {
        const next = () => random.next().value as number;
        const world = await World.make(made++);
        for (const each of steps) await world.do(each);
        const events = await eventsAfter(world.after);
        await deliverStored(env, shuffled([...events, ...events], next));
        await world.neverBack();
        const held = await heldBy(world.clusterId);
        const upserts = held
          .filter(({ op }) => op === "upsert")
          .map(({ key, revision }) => `${key} ${revision}`);
        expect(upserts.sort()).toEqual(await wanted(world.clusterId));

        // A second round of everything has no effect at all: no document gets another number.
        const feed = await openEvents("/events", { "Last-Event-ID": String(world.after) });
        for (let round = 0; round < 2; round++)
          await deliverStored(env, shuffled([...events, ...events], next));
        expect(await heldBy(world.clusterId)).toEqual(held);
        const seen = await feed.take(events.length);
        await feed.close();
        expect(seen.map(({ id, data }) => [id, data.id])).toEqual(events.map(({ seq, id }) => [seq, id]));

        for (let round = 0; round < 2; round++) {
          const some = shuffled([...events, ...events], next);
          const cut = Math.floor(next() * some.length);
          for (const batch of [some.slice(0, cut), some.slice(cut)]) {
            if (batch.length > 0) await consume(batchOf(batch), env);
          }
        }
        const kept = await archived(new Set(events.map(({ id }) => id)));
        expect([...kept.keys()].sort()).toEqual(events.map(({ id }) => id).sort());
        for (const texts of kept.values()) expect(texts.size).toBe(1);
      },
    );
    await fc.assert(property, { numRuns: RUNS, seed: plan.seed });
  });
});
