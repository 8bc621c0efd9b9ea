import type { Env } from "../env.ts";
import { outboxStub } from "../store/database.ts";
import { randomShard } from "../store/events.ts";

/** An alarm that was armed longer ago may have rung before the commit; it looks again after domain/outbox ARM_DELAY_MS. */
const ARMED_FOR_MS = 1_000;
/** Requests that come this soon after an alarm was armed in their isolate commit under it, instead of arming one each. */
const SHARED_FOR_MS = 500;

/** The alarm that was armed last in this isolate, and when its arming began. */
let lastArmed = { shard: 0, at: 0 };

/**
 * The alarm of one call's events. It stands before the commit, so that they are delivered even if this isolate dies right
 * after.
 */
export class OutboxAlarm {
  readonly #env: Env;
  #shard = 0;
  #armed: Promise<void> | undefined;
  #armedAt = 0;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Where the events belong that are committed under it. */
  get shard(): number {
    return this.#shard;
  }

  /** Rejects where it could not be armed: nothing may be committed then. */
  get armed(): Promise<void> | undefined {
    return this.#armed;
  }

  arm(): void {
    const now = Date.now();
    if (this.#armed && now - this.#armedAt < ARMED_FOR_MS) return;
    if (!this.#armed && now - lastArmed.at < SHARED_FOR_MS) {
      this.#shard = lastArmed.shard;
      this.#armedAt = lastArmed.at;
      this.#armed = Promise.resolve();
      return;
    }
    const shard = this.#armed ? this.#shard : randomShard();
    this.#shard = shard;
    this.#armedAt = now;
    this.#armed = outboxStub(this.#env, shard)
      .arm()
      .then(() => {
        lastArmed = { shard, at: now };
      });
    this.#armed.catch(() => undefined);
  }
}
