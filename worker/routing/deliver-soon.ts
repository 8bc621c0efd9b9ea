import { type Delivery, readCommitted, sendDocuments, settle } from "../../queues/deliver.ts";
import type { Env } from "../env.ts";
import { Rounds } from "./rounds.ts";

/** A cluster's agent waits for these. */
const committed = new Rounds<string>(10);
/** Far below the age at which OutboxDO's alarm takes an event up (domain/outbox GRACE_MS). */
const sent = new Rounds<Delivery>(50);

/**
 * Delivers a mutation's events after its answer: documents to their clusters, then whatever else hangs on the events.
 * What commits while others are read, or is sent while others are settled, goes along with the next round of it: the
 * busier the manager, the fewer round trips an event costs. Nobody's documents wait for another cluster, nor for what
 * comes after the documents.
 *
 * @param ids ids of the events of one mutation
 */
export async function deliverSoon(env: Env, ids: string[]): Promise<void> {
  const sending: Promise<void>[] = [];
  try {
    await committed.take(ids, async (some) => {
      const delivery = await readCommitted(env, some);
      sending.push(sendAndSettle(env, delivery));
    });
  } finally {
    await Promise.all(sending);
  }
}

/** What fails here, OutboxDO's alarm delivers. */
async function sendAndSettle(env: Env, delivery: Delivery): Promise<void> {
  try {
    await sendDocuments(env, delivery);
    await sent.take([delivery], (deliveries) => settle(env, deliveries));
  } catch (error) {
    console.warn(JSON.stringify({ message: "delivery after the answer failed", error: String(error) }));
  }
}
