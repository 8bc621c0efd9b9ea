import { backoffMs } from "../domain/outbox/index.ts";

/** Tries of a message before the queue gives it to the dead letters: the first, and `max_retries` of wrangler.toml. */
export const MAX_TRIES = 5;

/** Seconds until a message comes again after its nth try. */
export const retryDelaySeconds = (attempts: number, random: number): number =>
  Math.max(1, Math.round(backoffMs(attempts, random) / 1000));
