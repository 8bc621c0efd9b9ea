import { KubeNovaError } from "../../domain/errors/index.ts";
import { type Bucket, bucketOf } from "../../domain/limits/bucket.ts";
import { rateLimitFields } from "../../domain/limits/fields.ts";
import { networkOf } from "../../domain/limits/network.ts";
import type { Env } from "../env.ts";
import type { Caller } from "../middleware/caller.ts";
import type { Authority } from "../routing/authority.ts";
import { countRequest, limitsKnown } from "./leases.ts";
import { addressOf } from "./login.ts";
import { refusal } from "./refusal.ts";
import { CountedStream } from "./stream.ts";

/** What a caller's rights say of whom he counts to is learned anew after so long. */
const LEARNED_MS = 60_000;
const MAX_LEARNED = 10_000;
/** A page's requests come together, all before the first of them has said who asks; more than these are no page's. */
const MAX_UNKNOWN = 32;
const UNKNOWN_MS = 5_000;

interface Learned {
  /** Absent: he is counted nowhere. */
  bucket: Bucket | undefined;
  until: number;
}

/** Of this isolate: whom the requests of a caller to a tenant's paths count to. */
const learned = new Map<string, Learned>();
/** How many were let in of a caller of whom nothing is known yet, since when. */
const unknown = new Map<string, { since: number; count: number }>();

interface GateInput {
  env: Env;
  request: Request;
  caller: Caller;
  /** The tenant that the path names, if it names one. */
  tenant: string | undefined;
  waitUntil: (work: Promise<unknown>) => void;
}

/**
 * Counts one request. Whom it counts to is known from the requests before it: then it is counted before anything is read.
 * The first of a caller to a tenant is let in, and counted once the database has said who he is; what is known for long is
 * learned anew beside a request that is counted as before.
 */
export class Gate {
  readonly #input: GateInput;
  readonly #key: string;
  /** Of the caller alone, whichever tenant he asks for. */
  readonly #self: string;
  #bucket: Bucket | undefined;
  /** It was counted before it was let in. */
  #isCounted = false;
  #isFresh = false;

  constructor(input: GateInput) {
    this.#input = input;
    this.#self = credentialOf(input.caller);
    this.#key = `${this.#self} ${input.tenant ?? ""}`;
  }

  /** @throws KubeNovaError KN-1601; KN-1600 where an address tries key after key */
  async enter(): Promise<void> {
    const { env, request, caller, waitUntil } = this.#input;
    if (caller.kind === "known") return;
    // Of one who is known, a tenant that he never asked for counts to himself: else he would ask for ever new ones.
    const known = learned.get(this.#key) ?? learned.get(this.#self);
    if (known) {
      this.#isCounted = true;
      this.#isFresh = known.until > Date.now();
      this.#bucket = known.bucket;
      if (!known.bucket) return;
      const count = await countRequest(env, known.bucket, waitUntil);
      if (!count.allowed) throw refusal(known.bucket, count.retryAfterMs);
      return;
    }
    letInUnknown(this.#self, Date.now());
    if (caller.kind === "api-key") {
      // Nothing but its form is known of the key: whoever guesses keys makes the database look for each.
      const shield = await env.SHIELD?.limit({ key: networkOf(addressOf(request)) });
      if (shield && !shield.success) throw new KubeNovaError("KN-1600", undefined, { retryAfterSeconds: 60 });
    }
  }

  /** After the answer is known: learns whom the caller counts to, and counts what was not counted before. */
  async leave({ known }: Pick<Authority, "known">): Promise<void> {
    const { env, caller, tenant, waitUntil } = this.#input;
    if (this.#isFresh || caller.kind === "known") return;
    if (!known) {
      // The credential is good no more: nobody's limits are for it.
      learned.delete(this.#key);
      learned.delete(this.#self);
      return;
    }
    this.#isFresh = true;
    this.#bucket = bucketOf(known.principal, known.object.tenantId, tenant !== undefined);
    remember(learned, this.#self, { bucket: bucketOf(known.principal, undefined, true), until: 0 });
    remember(learned, this.#key, { bucket: this.#bucket, until: Date.now() + LEARNED_MS });
    if (this.#bucket && !this.#isCounted) await countRequest(env, this.#bucket, waitUntil);
  }

  /** Counts a stream; undefined for whoever is counted nowhere. @throws KubeNovaError KN-1603 */
  async openStream({ known }: Pick<Authority, "known">, id: string): Promise<CountedStream | undefined> {
    const { env, tenant, waitUntil } = this.#input;
    const bucket = known && bucketOf(known.principal, known.object.tenantId, tenant !== undefined);
    return bucket && CountedStream.open(env, bucket, id, waitUntil);
  }

  /** RateLimit-Policy and RateLimit, as far as they are known. */
  fields(): Record<string, string> {
    const limits = this.#bucket ? limitsKnown(this.#bucket) : [];
    return limits.length > 0 ? rateLimitFields(limits) : {};
  }
}

/** A token's signature is good, but a key's secret was not looked at yet: with another one it is another caller. */
const credentialOf = (caller: Caller): string =>
  caller.kind === "session"
    ? caller.sessionId
    : caller.kind === "api-key"
      ? `${caller.id} ${caller.secretHash}`
      : "";

/** @throws KubeNovaError KN-1601 where too many of one caller come before the first has said who he is */
function letInUnknown(key: string, now: number): void {
  const before = unknown.get(key);
  const isOver = !before || before.since + UNKNOWN_MS <= now;
  const { since, count } = isOver ? { since: now, count: 0 } : before;
  if (count === MAX_UNKNOWN) throw new KubeNovaError("KN-1601", undefined, { retryAfterSeconds: 1 });
  remember(unknown, key, { since, count: count + 1 });
}

/** Whoever was seen least recently gives way. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_LEARNED && oldest !== undefined) map.delete(oldest);
}
