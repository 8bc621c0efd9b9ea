import { KubeNovaError } from "../../domain/errors/index.ts";
import { advance, type Next } from "../../domain/sealing/walk.ts";
import type { Env } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import { newId } from "../ids.ts";
import { directory, outboxStub } from "../store/database.ts";
import { type NewEvent, randomShard, recordEvents } from "../store/events.ts";
import { doneSoFar, type KeyRotation, runningRotations, storeStep } from "../store/key-rotations.ts";
import { SEALED_COLUMNS, type SealedColumn } from "../store/sealed-columns.ts";
import { ACTIVE_MS } from "./key-cache.ts";
import { partsOf, takeStep, type WalkContext } from "./walks.ts";

/** No isolate seals with a retired key after this: it remembers an active one for ACTIVE_MS, and a request ends within as much. */
export const SETTLE_MS = 2 * ACTIVE_MS;
/** What goes on after an answer is ended after 30 s. */
export const WORK_MS = 20_000;

/**
 * Goes on with every rotation that is under way, until each is finished, has to wait, or the time is over. It may run
 * twice at once and may be killed anywhere: the next sweep, or the next call, goes on.
 *
 * @param now milliseconds since 1970, asked again and again
 */
export async function workOnRotations(
  env: Env,
  now: () => number = Date.now,
  columns: readonly SealedColumn[] = SEALED_COLUMNS,
): Promise<void> {
  const until = now() + WORK_MS;
  for (const rotation of await runningRotations(directory(env))) {
    let current: KeyRotation | undefined = rotation;
    while (current && now() < until) current = await oneStep({ env, now: now(), columns }, current);
  }
}

/** @returns the rotation after the step; undefined where there is nothing to do for now */
async function oneStep(at: WalkContext, rotation: KeyRotation): Promise<KeyRotation | undefined> {
  try {
    const step = await takeStep(at, rotation);
    await failpoint(at.env, "rotation-step");
    const next = advance(rotation.place, step, partsOf(rotation, at), rotation.startedAt + SETTLE_MS, at.now);
    return await store(at, rotation, next);
  } catch (error) {
    const reason = error instanceof KubeNovaError ? `${error.code}: ${error.message}` : "KN-1900";
    await storeQuietly(at, rotation, { lastError: reason });
    if (error instanceof KubeNovaError) return undefined;
    throw error;
  }
}

async function store(at: WalkContext, rotation: KeyRotation, next: Next): Promise<KeyRotation | undefined> {
  if (next.kind === "finished") {
    const done = await doneSoFar(directory(at.env), rotation.id);
    const changes = { failed: next.failed, finishedAt: at.now, lastError: null };
    await storeQuietly(at, rotation, changes, [finishedEvent(rotation, done, next.failed)]);
    return undefined;
  }
  const changes = { failed: next.place.failed, place: next.place, lastError: null };
  const isStored = await storeQuietly(at, rotation, changes);
  return isStored && next.kind === "go-on"
    ? { ...rotation, ...changes, version: rotation.version + 1 }
    : undefined;
}

/** @returns false where another walker stored a step since: it goes on, this one ends */
async function storeQuietly(
  { env, now }: WalkContext,
  rotation: KeyRotation,
  changes: Partial<KeyRotation>,
  events: NewEvent[] = [],
): Promise<boolean> {
  const db = directory(env);
  const shard = randomShard();
  const origin = { actor: rotation.startedBy, correlationId: rotation.correlationId, now, shard };
  const recorded = recordEvents(db, { ...origin, newId: (kind) => newId(kind, now) }, events);
  if (events.length > 0) await outboxStub(env, shard).arm();
  try {
    await db.batch([...storeStep(db, rotation, changes), ...recorded.statements]);
    return true;
  } catch (error) {
    if (/SQLITE_CONSTRAINT|constraint failed/i.test(String(error))) return false;
    throw error;
  }
}

export const tenantOf = (rotation: Pick<KeyRotation, "owner">): string | null =>
  rotation.owner.startsWith("ten_") ? rotation.owner : null;

const finishedEvent = (rotation: KeyRotation, done: number, failed: number): NewEvent => ({
  type: "evt.key.rotation-finished",
  tenantId: tenantOf(rotation),
  subject: `key-rotation/${rotation.id}`,
  data: { rotationId: rotation.id, kind: rotation.kind, done, failed },
});
