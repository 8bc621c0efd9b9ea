import { touchedBy } from "../domain/desired/touched.ts";
import { eachAtOnce, inTime } from "../worker/bounded.ts";
import type { Env } from "../worker/env.ts";
import { failpoint } from "../worker/failpoint.ts";
import { clusterStub, directory, outboxStub, tenantStub } from "../worker/store/database.ts";
import { markDelivered, undeliveredByIds } from "../worker/store/outbox.ts";
import { type RawRelease, releasesOfEvents } from "../worker/store/release-rows.ts";
import { eventFrom, type StoredEvent } from "../worker/store/stored-event.ts";
import { ClusterCalls } from "./cluster-calls.ts";
import { Failures } from "./failures.ts";
import { publish } from "./publish.ts";
import { sendDeployments, sendTouched, type Targets, type Touching } from "./send-documents.ts";

/** Events whose documents are read page by page: a page holds 6.4 MiB of specs at most, and an isolate 128 MB in all. */
const EVENTS_AT_ONCE = 3;
/** A poke that comes later is of little use: a feed looks by itself every 8 s. */
const POKE_TIMEOUT_MS = 1_000;

/** Before a commit: an alarm stands, so that the commit's events are delivered even if the caller dies. */
export const armOutbox = (env: Env, shard: number): Promise<void> => outboxStub(env, shard).arm();

/** Events, what became of them so far, and the rows that their deployments name where they were read beside them. */
export interface Delivery {
  events: StoredEvent[];
  releases: RawRelease[] | undefined;
  failures: Failures;
}

/**
 * Delivers committed events to their owners, after the answer. What this misses, OutboxDO's alarm delivers: a failure
 * here is not even written down.
 *
 * @param ids ids of the events of one mutation
 */
export async function deliverEvents(env: Env, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const delivery = await readCommitted(env, ids);
  await sendDocuments(env, delivery);
  await settle(env, [delivery]);
}

/** What these events ask for, by current rows. */
export async function readCommitted(env: Env, ids: string[]): Promise<Delivery> {
  await failpoint(env, "committed");
  const db = directory(env);
  const json = JSON.stringify(ids);
  const [events, releases] = await db.batch([undeliveredByIds(db, json), releasesOfEvents(db, json)]);
  return {
    events: (events?.results ?? []).map(eventFrom),
    releases: releases?.results as RawRelease[],
    failures: new Failures(),
  };
}

/** Ends deliveries whose documents were sent, together. */
export async function settle(env: Env, deliveries: readonly Delivery[]): Promise<void> {
  const failures = new Failures();
  for (const each of deliveries) failures.addAll(each.failures);
  await finish(
    env,
    deliveries.flatMap(({ events }) => events),
    failures,
  );
  for (const [seq, reason] of failures.bySeq) {
    console.warn(JSON.stringify({ message: "delivery after the answer failed", seq, reason }));
  }
}

/**
 * Delivers events: desired documents from current rows to their clusters, a poke to who listens, a message outside;
 * then marks them. Idempotent, and an event fails alone.
 *
 * @returns sequence number and reason of each event that was not delivered
 */
export async function deliverStored(env: Env, events: StoredEvent[]): Promise<Map<number, string>> {
  const failures = new Failures();
  await sendDocuments(env, { events, releases: undefined, failures });
  await finish(env, events, failures);
  return failures.bySeq;
}

/** Pokes, publishes, and marks the events that have not failed; an event fails alone. */
async function finish(env: Env, events: StoredEvent[], failures: Failures): Promise<void> {
  if (events.length === 0) return;
  const poked = pokeListeners(env, events);
  try {
    const reached = events.filter((event) => !failures.has(event));
    await failures.attempt(reached, () => publish(env, reached));
    const done = reached.filter((event) => !failures.has(event)).map((event) => event.seq);
    await markDelivered(directory(env), done, Date.now());
  } finally {
    await poked;
  }
}

/** Brings desired documents to their clusters. What a cluster does not take fails only the events that need it. */
export async function sendDocuments(env: Env, { events, releases, failures }: Delivery): Promise<void> {
  if (events.length === 0) return;
  const clusters = new ClusterCalls((id) => clusterStub(env, id));
  const targets: Targets = { db: directory(env), clusters, failures };
  const touching = events.map((event) => ({ event, touched: touchedBy(event) }));
  const deployments = touching.filter(({ touched }) => touched.releases?.by === "release");
  const others = touching.filter(({ touched }) => touched.releases?.by !== "release");
  const rows = releases ?? (await readReleasesOf(targets.db, deployments));
  await Promise.all([
    sendTogetherOrAlone(targets, deployments, rows),
    eachAtOnce(EVENTS_AT_ONCE, others, (each) =>
      failures.attempt([each.event], () => sendTouched(targets, each)),
    ),
  ]);
}

/** All at once; where one spoils it, each alone, so that only the bad one fails. */
async function sendTogetherOrAlone(
  targets: Targets,
  deployments: Touching[],
  releases: RawRelease[],
): Promise<void> {
  try {
    await sendDeployments(targets, deployments, releases);
  } catch {
    for (const each of deployments) {
      const own = releases.filter((release) => release.id === each.touched.releases?.id);
      await targets.failures.attempt([each.event], () => sendDeployments(targets, [each], own));
    }
  }
}

async function readReleasesOf(db: D1Database, deployments: Touching[]): Promise<RawRelease[]> {
  if (deployments.length === 0) return [];
  const { results } = await releasesOfEvents(
    db,
    JSON.stringify(deployments.map(({ event }) => event.id)),
  ).all<RawRelease>();
  return results;
}

/**
 * Tells the feeds how far commits are: each event's tenant, or the platform for what has none. The platform's feed holds
 * tenants' events too, and looks for them by itself while somebody listens: one object that hears of every event of a whole
 * fleet would be its bottleneck, and a request for each event that nobody asked for. No event depends on its poke: readers
 * see it all the same when their feed looks by itself, so a feed that fails or hangs is written down, and that is all.
 */
async function pokeListeners(env: Env, events: StoredEvent[]): Promise<void> {
  const newest = new Map<string, number>();
  for (const { tenantId, seq } of events) {
    const feed = tenantId ?? "platform";
    newest.set(feed, Math.max(newest.get(feed) ?? 0, seq));
  }
  await Promise.all(
    [...newest].map(async ([feed, seq]) => {
      try {
        await inTime(tenantStub(env, feed).poke(seq), POKE_TIMEOUT_MS);
      } catch (error) {
        console.warn(JSON.stringify({ message: "a feed was not poked", feed, seq, error: String(error) }));
      }
    }),
  );
}
