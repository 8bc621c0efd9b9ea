import type { Bucket } from "../../domain/limits/bucket.ts";
import { DEFAULT_LIMITS } from "../../domain/limits/figures.ts";
import type { LimitState } from "../../domain/limits/grant.ts";
import { Lessee } from "../../domain/limits/lessee.ts";
import type { DoorRpc } from "../../durable-objects/rpc.ts";
import { inTime } from "../bounded.ts";
import type { Env } from "../env.ts";
import { limitsStub, tenantStub } from "../store/database.ts";

type DoorEnv = Pick<Env, "LIMITS" | "TENANT">;

/** A request waits for its count so long at most; then this isolate counts by itself. */
const LEASE_TIMEOUT_MS = 500;
/** An object that did not answer is asked again after this. */
const PAUSE_MS = 1_000;
/** Who came least recently is forgotten; what is left of his lease is lost with it. */
const MAX_LESSEES = 5_000;

/** Of this isolate: by whose limits they are, and who uses them. */
const lessees = new Map<string, Lessee>();

export type Count = { allowed: true } | { allowed: false; retryAfterMs: number };

/** The object that counts a bucket. */
export const doorOf = (env: DoorEnv, { tenantId, principalId }: Bucket): DoorRpc =>
  tenantId === undefined ? limitsStub(env, `principal:${principalId}`) : tenantStub(env, tenantId);

/** Counts one request. It waits for an object only where no token is in hand. */
export async function countRequest(
  env: DoorEnv,
  bucket: Bucket,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Count> {
  const lessee = lesseeOf(bucket);
  const now = Date.now();
  if (!lessee.take(now)) {
    const refusedMs = lessee.refusedMs(now);
    if (refusedMs > 0) return { allowed: false, retryAfterMs: retryAfter(lessee, now, refusedMs) };
    if (!lessee.isAlone(now)) await lease(env, bucket, lessee, lessee.ask(now));
    if (!lessee.take(Date.now())) return alone(lessee);
  }
  const ahead = lessee.askAhead(now);
  if (ahead > 0) waitUntil(lease(env, bucket, lessee, ahead));
  return { allowed: true };
}

/** What is known of a bucket's limits; nothing where its object did not answer yet. */
export const limitsKnown = (bucket: Bucket): LimitState[] => lesseeOf(bucket).limits(Date.now());

function alone(lessee: Lessee): Count {
  const now = Date.now();
  if (lessee.isAlone(now) && lessee.takeAlone(now, DEFAULT_LIMITS.requestsPerMinute))
    return { allowed: true };
  return { allowed: false, retryAfterMs: retryAfter(lessee, now, PAUSE_MS) };
}

/** Of the limits that are used up, the longest wait: when all of them have something to give. */
function retryAfter(lessee: Lessee, now: number, otherwiseMs: number): number {
  return Math.max(otherwiseMs, lessee.retryAfterMs(now));
}

async function lease(env: DoorEnv, bucket: Bucket, lessee: Lessee, asked: number): Promise<void> {
  const askedAt = Date.now();
  const { principalId, own } = bucket;
  try {
    const question = doorOf(env, bucket).lease({ principalId, asked, ...(own === undefined ? {} : { own }) });
    lessee.answered(asked, await inTime(question, LEASE_TIMEOUT_MS), askedAt, Date.now());
  } catch (error) {
    lessee.unanswered(asked, Date.now(), PAUSE_MS);
    console.warn(
      JSON.stringify({ message: "requests are counted without their object", error: String(error) }),
    );
  }
}

function lesseeOf({ tenantId = "", principalId }: Bucket): Lessee {
  const key = `${tenantId}/${principalId}`;
  const known = lessees.get(key) ?? new Lessee();
  // Set anew, so that the first of the map is who came least recently.
  lessees.delete(key);
  lessees.set(key, known);
  const [oldest] = lessees.keys();
  if (lessees.size > MAX_LESSEES && oldest !== undefined) lessees.delete(oldest);
  return known;
}
