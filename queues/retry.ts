import { backoffMs } from "../domain/outbox/index.ts";

/** Tries of a message before the queue gives it to the dead letters: the first, and `max_retries` of wrangler.toml. */
export const MAX_TRIES = 5;

/** Queues take no delay above 12 hours; who waits for the database to come back should not wait for half a day. */
const MAX_DELAY_SECONDS = 3_600;

/** Seconds until a message comes again after its nth try, 1 to MAX_DELAY_SECONDS. */
export const retryDelaySeconds = (attempts: number, random: number): number =>
  Math.min(MAX_DELAY_SECONDS, Math.max(1, Math.round(backoffMs(attempts, random) / 1000)));
