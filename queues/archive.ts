import { sha256 } from "../domain/canonical/index.ts";
import type { PublishedEvent } from "../protocol/events/envelope.ts";
import type { Env } from "../worker/env.ts";
import { directory } from "../worker/store/database.ts";
import { eventsByIds } from "../worker/store/outbox.ts";
import { publishedOf } from "../worker/store/stored-event.ts";
import { eventsIn } from "./messages.ts";

/**
 * Keeps every event in R2 as JSON lines. The object's name is made of its content, so a batch that comes twice is
 * stored once. An event that comes in two batches stands in two objects: readers know events by id.
 */
export async function archive(env: Env, messages: readonly unknown[]): Promise<void> {
  const events = eventsIn(messages).sort((a, b) => a.seq - b.seq);
  const [first] = events;
  if (!first) return;
  const whole = await withData(env, events);
  const lines = whole.map((event) => `${JSON.stringify(event)}\n`).join("");
  await env.ARCHIVE.put(archiveKey(first, await sha256(lines)), lines, {
    httpMetadata: { contentType: "application/x-ndjson" },
  });
}

/** `events/2026/11/21/000000000042-1a2b3c4d5e6f7890.jsonl`: names sort as their first events do. */
export function archiveKey(first: PublishedEvent, digest: string): string {
  const day = first.occurredAt.slice(0, 10).replaceAll("-", "/");
  return `events/${day}/${String(first.seq).padStart(12, "0")}-${digest.slice(7, 23)}.jsonl`;
}

/** Fetches the data of events that were too large for a message. */
async function withData(env: Env, events: PublishedEvent[]): Promise<PublishedEvent[]> {
  const ids = events.filter((event) => event.dataRef).map((event) => event.id);
  if (ids.length === 0) return events;
  const stored = new Map((await eventsByIds(directory(env), ids)).map((event) => [event.id, event]));
  return events.map((event) => {
    const found = event.dataRef ? stored.get(event.id) : undefined;
    return found ? publishedOf(found) : event;
  });
}
