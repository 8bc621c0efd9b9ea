import { ulid } from "ulid";
import { formatId } from "../domain/ids/index.ts";
import type { Env } from "../worker/env.ts";
import { directory } from "../worker/store/database.ts";
import { recordQueueDeadLetters } from "../worker/store/dead-letters.ts";
import { eventsIn } from "./messages.ts";
import { MAX_TRIES } from "./retry.ts";

/** Events that no consumer could take become dead letters: seen, and replayed by people. */
export async function recordDead(env: Env, messages: readonly unknown[], now: number): Promise<void> {
  const letters = eventsIn(messages).map((event) => ({
    id: formatId("deadLetter", ulid(now)),
    eventId: event.id,
    eventSeq: event.seq,
    eventType: event.type,
    tenantId: event.tenant,
    reason: "no consumer of the queue could take it",
    attempts: MAX_TRIES,
  }));
  await recordQueueDeadLetters(directory(env), letters, now);
}
