import { touchedBy } from "../domain/desired/touched.ts";
import type { Env } from "../worker/env.ts";
import { failpoint } from "../worker/failpoint.ts";
import { clusterStub, directory, outboxStub, tenantStub } from "../worker/store/database.ts";
import { markDelivered, undeliveredByIds } from "../worker/store/outbox.ts";
import { type RawRelease, releasesOfEvents } from "../worker/store/release-documents.ts";
import { eventFrom, type StoredEvent } from "../worker/store/stored-event.ts";
import { Failures } from "./failures.ts";
import { publish } from "./publish.ts";
import { sendDeployments, sendTouched, type Targets, type Touching } from "./send-documents.ts";

/** Before a commit: an alarm stands, so that the commit's events are delivered even if the caller dies. */
export const armOutbox = (env: Env, shard: number): Promise<void> => outboxStub(env, shard).arm();

/**
 * Delivers committed events to their owners, after the answer. What this misses, OutboxDO's alarm delivers: a failure
 * here is not even written down.
 *
 * @param ids ids of the events of one mutation
 */
export async function deliverEvents(env: Env, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await failpoint(env, "committed");
  const db = directory(env);
  const json = JSON.stringify(ids);
  const [events, releases] = await db.batch([undeliveredByIds(db, json), releasesOfEvents(db, json)]);
  const stored = (events?.results ?? []).map(eventFrom);
  const failures = await deliverStored(env, stored, releases?.results as RawRelease[]);
  for (const [seq, reason] of failures) {
    console.warn(JSON.stringify({ message: "delivery after the answer failed", seq, reason }));
  }
}

/**
 * Delivers events: desired documents from current rows to their clusters, a poke to who listens, a message outside;
 * then marks them. Idempotent, and an event fails alone.
 *
 * @param releases rows that these events' deployments name, where they were read beside the events
 * @returns sequence number and reason of each event that was not delivered
 */
export async function deliverStored(
  env: Env,
  events: StoredEvent[],
  releases?: RawRelease[],
): Promise<Map<number, string>> {
  if (events.length === 0) return new Map();
  const failures = new Failures();
  await sendDocuments(env, events, releases, failures);
  await failures.attempt(events, () => pokeListeners(env, events));
  const reached = events.filter((event) => !failures.has(event));
  await failures.attempt(reached, () => publish(env, reached));
  const done = reached.filter((event) => !failures.has(event)).map((event) => event.seq);
  await markDelivered(directory(env), done, Date.now());
  return failures.bySeq;
}

async function sendDocuments(
  env: Env,
  events: StoredEvent[],
  releases: RawRelease[] | undefined,
  failures: Failures,
): Promise<void> {
  const targets: Targets = { db: directory(env), cluster: (id: string) => clusterStub(env, id), failures };
  const touching = events.map((event) => ({ event, touched: touchedBy(event) }));
  const deployments = touching.filter(({ touched }) => touched.releases?.by === "release");
  const rows = releases ?? (await readReleasesOf(targets.db, deployments));
  await sendTogetherOrAlone(targets, deployments, rows);
  for (const each of touching) {
    if (each.touched.releases?.by !== "release") {
      await failures.attempt([each.event], () => sendTouched(targets, each));
    }
  }
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

/** Tells the feeds how far commits are: each event's tenant, and the platform. */
async function pokeListeners(env: Env, events: StoredEvent[]): Promise<void> {
  const newest = new Map<string, number>();
  for (const { tenantId, seq } of events) {
    for (const feed of tenantId ? [tenantId, "platform"] : ["platform"]) {
      newest.set(feed, Math.max(newest.get(feed) ?? 0, seq));
    }
  }
  await Promise.all([...newest].map(([feed, seq]) => tenantStub(env, feed).poke(seq)));
}
