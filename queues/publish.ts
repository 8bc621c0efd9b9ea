import type { PublishedEvent } from "../protocol/events/envelope.ts";
import type { Env } from "../worker/env.ts";
import { publishedOf, type StoredEvent } from "../worker/store/stored-event.ts";

/** Limits of Queues: 100 messages and 256 KB a batch, 128 KB a message; kept below, since headers count too. */
const MAX_MESSAGES = 100;
const MAX_MESSAGE_BYTES = 120_000;
const MAX_BATCH_BYTES = 240_000;
/** Each 64 KB of a message is billed when it is written, read and deleted, however many events are in it. */
const PACK_BYTES = 60_000;

const encoder = new TextEncoder();

/** The event as it goes outside; one that is too large refers to the API for its data. */
export function publishedEvent(event: StoredEvent): { message: PublishedEvent; bytes: number } {
  const message: PublishedEvent = publishedOf(event);
  const bytes = sizeOf(message);
  if (bytes <= MAX_MESSAGE_BYTES) return { message, bytes };
  const reference = { ...message, data: {}, dataRef: `/api/v1/events/${event.id}` };
  return { message: reference, bytes: sizeOf(reference) };
}

const sizeOf = (message: PublishedEvent): number => encoder.encode(JSON.stringify(message)).length;

/** Parts what has a size into groups, in order: each within both bounds, but for one that is too large alone. */
export function grouped<T extends { bytes: number }>(
  items: T[],
  most: { items: number; bytes: number },
): T[][] {
  const groups: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    if (bytes + item.bytes > most.bytes || groups.at(-1)?.length === most.items) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(item);
    bytes += item.bytes;
  }
  return groups;
}

/** Sends events to the queue that leads outside, several a message. At least once: consumers know them by id. */
export async function publish(env: Env, events: StoredEvent[]): Promise<void> {
  const packs = grouped(events.map(publishedEvent), { items: MAX_MESSAGES, bytes: PACK_BYTES });
  const messages = packs.map((pack) => ({
    body: pack.map(({ message }) => message),
    bytes: pack.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  for (const batch of grouped(messages, { items: MAX_MESSAGES, bytes: MAX_BATCH_BYTES })) {
    await env.EVENTS.sendBatch(batch.map(({ body }) => ({ body, contentType: "json" })));
  }
}
