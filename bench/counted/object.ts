import type { DurableObject } from "cloudflare:workers";
import type { Env } from "../../worker/env.ts";
import { countedEnv } from "./bindings.ts";
import { CountedStorage } from "./storage.ts";
import { count } from "./tally.ts";

type Constructor = new (ctx: DurableObjectState, env: Env) => DurableObject<Env>;
type Method = (...args: unknown[]) => unknown;

/** A message is billed as a twentieth of a request; the end of a socket is not billed. */
const MESSAGE = "webSocketMessage";
const UNBILLED = ["webSocketClose", "webSocketError"];
/** Clocks of the runtime have whole milliseconds: a turn is never taken for less than one. */
const LEAST_MS = 1;

/** What a benchmark may ask of any counted object, which is not counted itself. */
export interface Ripening {
  /** What is due later is due now: the alarm fires at once. */
  ripen(): Promise<void>;
  /** When its alarm fires, in milliseconds since 1970; null where none stands. */
  alarmAt(): Promise<number | null>;
}

/**
 * A class of objects that counts its wake-ups, requests, messages, rows, and the time in which anything of it runs.
 * @param entries every method that is called from outside
 */
export function countedObject(base: unknown, where: string, entries: readonly string[]) {
  class Counted extends (base as Constructor) implements Ripening {
    readonly activity: Activity;

    constructor(ctx: DurableObjectState, env: Env) {
      count(`${where}.constructions`);
      const activity = new Activity(where, new CountedStorage(ctx.storage, where));
      const waitUntil = ctx.waitUntil.bind(ctx);
      const counted = (promise: Promise<unknown>) => waitUntil(activity.during(() => promise));
      Object.defineProperty(ctx, "waitUntil", { value: counted });
      super(ctx, countedEnv(env, where));
      this.activity = activity;
    }

    async ripen(): Promise<void> {
      const { sql } = this.ctx.storage;
      if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'due'").toArray().length > 0) {
        sql.exec("UPDATE due SET at = 1");
      }
      this.activity.storage.forget();
      await this.activity.storage.setAlarmUncounted(Date.now());
    }

    alarmAt(): Promise<number | null> {
      return this.activity.storage.getAlarmUncounted();
    }
  }
  const methods = Counted.prototype as unknown as Record<string, Method | undefined>;
  for (const name of entries) {
    const real = methods[name];
    if (!real) throw new Error(`${where} has no ${name}`);
    const value = function (this: Counted, ...args: unknown[]) {
      count(`${where}.turns`);
      count(`${where}.turns.${name}`);
      if (name === MESSAGE) count(`${where}.messages`);
      else if (!UNBILLED.includes(name)) count(`${where}.requests`);
      return this.activity.during(async () => real.apply(this, args));
    };
    Object.defineProperty(Counted.prototype, name, { value });
  }
  return Counted;
}

/** The time in which an object is billed: something of it runs, or waits for an answer. What overlaps counts once. */
class Activity {
  readonly storage: CountedStorage;
  readonly #where: string;
  #running = 0;
  #since = 0;

  constructor(where: string, storage: CountedStorage) {
    this.#where = where;
    this.storage = storage;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running++ === 0) this.#since = Date.now();
    try {
      return await work();
    } finally {
      this.storage.settle();
      this.#running -= 1;
      if (this.#running === 0) {
        count(`${this.#where}.activeMs`, Math.max(LEAST_MS, Date.now() - this.#since));
      }
    }
  }
}
