import type { EventFilter } from "../protocol/events/filter.ts";
import type { Env } from "../worker/env.ts";
import { directory } from "../worker/store/database.ts";
import { eventsAfter, newestSeq } from "../worker/store/event-queries.ts";
import type { StoredEvent } from "../worker/store/stored-event.ts";
import { limitsOfTenant } from "../worker/store/tenant-limits.ts";
import { DoorObject } from "./door-object.ts";
import { FeedListener, LOOK_EVERY_MS } from "./feed.ts";
import type { FeedRequest, TenantRpc } from "./rpc.ts";

/** More would read the database more often than the feed is worth. */
const MAX_LISTENERS = 200;

/**
 * The live feed of one tenant, or of the platform, and the counts of what the tenant's callers use. It stores nothing but
 * these counts; where nobody listens it has no timer.
 */
export class TenantDO extends DoorObject implements TenantRpc {
  private readonly listeners = new Set<FeedListener>();
  private readonly reads = new Map<string, Promise<StoredEvent[]>>();

  constructor(context: DurableObjectState, env: Env) {
    const tenantId = context.id.name ?? "";
    super(context, env, () => limitsOfTenant(directory(env), tenantId));
  }

  async limitsChanged(): Promise<void> {
    this.door.forgetFigures();
  }

  async poke(_seq: number): Promise<void> {
    // A read that began before this may not see what is told of here.
    this.reads.clear();
    for (const listener of this.listeners) listener.wake();
  }

  /** Opens a feed: a {@link FeedRequest}, answered with server-sent events; 429 where too many listen. */
  override async fetch(request: Request): Promise<Response> {
    const { filter, after } = await request.json<FeedRequest>();
    // A reader that is ahead of the database saw what a restore took back: it goes on with what comes now.
    const from = Math.min(after ?? Number.POSITIVE_INFINITY, await newestSeq(directory(this.env)));
    // Asked after the last wait: nobody comes in between.
    if (this.listeners.size >= MAX_LISTENERS) return new Response(null, { status: 429 });
    // The platform's feed is not poked for what a tenant does: see pokeListeners.
    const lookEveryMs = this.ctx.id.name === "platform" ? LOOK_EVERY_MS : undefined;
    const listener = new FeedListener((...page) => this.readOnce(...page), filter, from, lookEveryMs);
    const { readable, writable } = new IdentityTransformStream();
    this.listeners.add(listener);
    this.ctx.waitUntil(listener.run(writable).finally(() => this.listeners.delete(listener)));
    return new Response(readable, {
      headers: { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store" },
    });
  }

  /** Listeners that stand at the same place with the same filter share one read. */
  private readOnce(filter: EventFilter, after: number, limit: number): Promise<StoredEvent[]> {
    const key = JSON.stringify([filter, after, limit]);
    const running = this.reads.get(key);
    if (running) return running;
    const reading = eventsAfter(directory(this.env), filter, after, limit).finally(() => {
      if (this.reads.get(key) === reading) this.reads.delete(key);
    });
    this.reads.set(key, reading);
    return reading;
  }
}
