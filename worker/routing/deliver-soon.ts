import { deliverEvents } from "../../queues/deliver.ts";
import type { Env } from "../env.ts";

/** A round that takes longer is given up as dead; OutboxDO's alarm delivers what it held. */
const ROUND_LIMIT_MS = 5_000;
/** The runtime gives work after an answer 30 seconds. */
const TURN_LIMIT_MS = 15_000;
/** Events of one round. */
const ROUND_EVENTS = 100;

/** Events that were committed while a round ran, in this isolate. */
const pending: string[] = [];
let busyUntil = 0;

/**
 * Delivers a mutation's events after its answer. What commits while a delivery runs goes along with the next round of
 * it: the busier the manager, the fewer round trips an event costs.
 *
 * @param ids ids of the events of one mutation
 */
export async function deliverSoon(env: Env, ids: string[]): Promise<void> {
  pending.push(...ids);
  const now = Date.now();
  if (now < busyUntil) return;
  try {
    while (pending.length > 0 && Date.now() - now < TURN_LIMIT_MS) {
      busyUntil = Date.now() + ROUND_LIMIT_MS;
      await deliverEvents(env, pending.splice(0, ROUND_EVENTS));
    }
  } finally {
    busyUntil = 0;
  }
}
