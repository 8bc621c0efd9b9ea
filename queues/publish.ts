import type { PublishedEvent } from "../protocol/events/envelope.ts";
import type { Env } from "../worker/env.ts";
import { publishedOf, type StoredEvent } from "../worker/store/stored-event.ts";

/** Limits of Queues: 100 messages and 256 KB a batch, 128 KB a message; kept below, since headers count too. */
const MAX_MESSAGES = 100;
const MAX_MESSAGE_BYTES = 120_000;
const MAX_BATCH_BYTES = 240_000;

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

/** Splits messages into batches that the queue takes. */
export function inSendBatches<T extends { bytes: number }>(messages: T[]): T[][] {
  const batches: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    if (bytes + message.bytes > MAX_BATCH_BYTES || batches.at(-1)?.length === MAX_MESSAGES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(message);
    bytes += message.bytes;
  }
  return batches;
}

/** Sends events to the queue that leads outside. At least once: consumers know them by id. */
export async function publish(env: Env, events: StoredEvent[]): Promise<void> {
  for (const batch of inSendBatches(events.map(publishedEvent))) {
    await env.EVENTS.sendBatch(batch.map(({ message }) => ({ body: message, contentType: "json" })));
  }
}
