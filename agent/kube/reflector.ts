import { backoffMs, WATCH_BACKOFF } from "./backoff.ts";
import { systemClock } from "./clock.ts";
import { createFeed } from "./reflector-feed.ts";
import { afterFailure, type Plan } from "./reflector-plan.ts";
import type { Reflector, ReflectorOptions, ReflectorState } from "./reflector-types.ts";
import type { Kube, LiveObject } from "./types.ts";
import { watch } from "./watch.ts";

/** The server ends a watch after 5-10 min, each at another moment: connections rebalance, none grows old. */
const WATCH_MIN_SECONDS = 300;
const WATCH_SPREAD_SECONDS = 300;
/** Bookmarks come about once a minute: two missed and half a minute of slack. */
const IDLE_MS = 150_000;
/** Initial events follow one another; a server that knows no WatchList never ends them. */
const INITIAL_IDLE_MS = 30_000;
/** A watch that ends at once without a word would be opened in a tight loop. */
const SHORT_WATCH_MS = 1_000;

/**
 * Keeps a store equal to the server's objects of one kind: a full list by WatchList (by LIST where the server has
 * none), then a watch from that version on, resumed where the server ended it, begun anew where it broke. No change
 * is lost or told twice, across broken connections, restarts of the server, expired and restored history.
 */
export function createReflector<T = LiveObject>(kube: Kube, options: ReflectorOptions<T>): Reflector<T> {
  const { type, clock = systemClock, random = Math.random, onError = () => {} } = options;
  const stopping = new AbortController();
  const feed = createFeed<T>(options, onError);
  let plan: Plan = { resourceVersion: undefined, watchList: true, failures: 0, waitMs: 0, relists: 0 };
  let state: ReflectorState = "starting";
  let lastContact = clock.monotonic();
  let lastError: string | undefined;
  const counts = { lists: 0, watches: 0 };
  const onContact = () => {
    lastContact = clock.monotonic();
  };

  /** One connection's life. Throws where it ended otherwise than the server's way. */
  const session = async (): Promise<void> => {
    const resource = await kube.resolve(type);
    const { namespace, labelSelector, fieldSelector, as } = options;
    const scope = definedOnly({ namespace, labelSelector, fieldSelector, as });
    if (plan.resourceVersion === undefined) {
      state = "listing";
      counts.lists += 1;
      if (!plan.watchList) {
        plan = { ...plan, resourceVersion: await feed.readList(kube, scope, stopping.signal) };
        onContact();
      }
    }
    if (plan.resourceVersion === undefined) feed.beginInitial();
    else state = "watching";
    counts.watches += 1;
    await watch(kube, resource, {
      ...scope,
      ...(plan.resourceVersion === undefined ? {} : { resourceVersion: plan.resourceVersion }),
      timeoutSeconds: WATCH_MIN_SECONDS + Math.floor(random() * WATCH_SPREAD_SECONDS),
      idleMs: () => (feed.initial ? INITIAL_IDLE_MS : IDLE_MS),
      signal: stopping.signal,
      clock,
      onContact,
      onEvent: (event) => {
        const version = feed.take(event);
        if (version === undefined) return;
        state = "watching";
        plan = { ...plan, resourceVersion: version, failures: 0 };
      },
    });
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const began = clock.monotonic();
      const eventsBefore = feed.events;
      try {
        await session();
        if (plan.resourceVersion === undefined)
          throw new Error("the watch ended before its initial events did");
        const short = clock.monotonic() - began < SHORT_WATCH_MS && feed.events === eventsBefore;
        if (!short) continue;
        plan = { ...plan, failures: plan.failures + 1 };
        plan = { ...plan, waitMs: backoffMs(WATCH_BACKOFF, plan.failures, random) };
      } catch (error) {
        if (stopping.signal.aborted) return;
        lastError = error instanceof Error ? error.message : String(error);
        plan = afterFailure(plan, error, random);
        if (plan.waitMs > 0) onError(error);
        state = plan.absent ? "absent" : "backoff";
      }
      await clock.sleep(plan.waitMs, stopping.signal).catch(() => {});
    }
  };
  const running = run().finally(() => {
    state = "stopped";
    feed.end();
  });

  return {
    type,
    store: feed.store,
    synced: feed.synced,
    on: feed.on,
    async stop() {
      stopping.abort(new Error("the reflector was stopped"));
      await running;
    },
    health: () => ({
      state,
      ...feed.counts(),
      ...counts,
      resourceVersion: plan.resourceVersion ?? "",
      secondsSinceContact: (clock.monotonic() - lastContact) / 1_000,
      relists: plan.relists,
      failuresInARow: plan.failures,
      ...(lastError === undefined ? {} : { lastError }),
    }),
  };
}

/** Without the fields that are undefined, for options that tell absent and undefined apart. */
function definedOnly<S extends object>(fields: S): { [K in keyof S]?: Exclude<S[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof S]?: Exclude<S[K], undefined>;
  };
}
