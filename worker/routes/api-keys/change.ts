import { beyondMaker, keyExpiry, overlapEnd } from "../../../domain/access/keys.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { newApiKey } from "../../middleware/api-key.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { keyState, type NamedKey, updateKey } from "../../store/api-keys.ts";
import { directory } from "../../store/database.ts";
import { iso } from "../shared/catalogue.ts";
import { accessEvent } from "../shared/giving.ts";
import type { KeyOwner } from "./homes.ts";
import { keyEventState, makerOf } from "./make.ts";
import { type KeyRotation, keyJson } from "./schema.ts";

/**
 * Commits a new secret of a key; the former is good until the overlap is over. While one is, only `overlapHours: 0` rotates
 * again: else whoever still has the first one would be cut off early.
 *
 * @throws KubeNovaError KN-1130, KN-1135, KN-1305
 */
export async function rotateKey(
  call: Call,
  owner: KeyOwner,
  before: NamedKey,
  { overlapHours, expiresInDays }: KeyRotation,
  path: string,
): Promise<Answer> {
  const db = directory(call.env);
  const state = keyState(before, call.now);
  if (state !== "active") throw new KubeNovaError("KN-1305", `The key is ${state}: make a new one.`);
  if (overlapHours > 0 && before.previousExpiresAt !== null && before.previousExpiresAt > call.now) {
    const until = iso(before.previousExpiresAt);
    throw new KubeNovaError("KN-1305", "It was rotated already, and its former secret is still good.", {
      until,
    });
  }
  const maker = await makerOf(call);
  const expiresAt = keyExpiry(call.now, expiresInDays, maker);
  await owner.mayHandOut(before.permissions, expiresAt);
  const beyond = beyondMaker(before.permissions, maker);
  if (beyond.length > 0) throw new KubeNovaError("KN-1130", undefined, { missing: beyond });
  const { key, hash } = await newApiKey(before.id);
  const changes = {
    secretHash: hash,
    previousHash: overlapHours > 0 ? before.secretHash : null,
    previousExpiresAt: overlapHours > 0 ? overlapEnd(call.now, overlapHours, before.expiresAt) : null,
    expiresAt,
  };
  const after: NamedKey = { ...before, ...changes, version: before.version + 1 };
  return call.commit({
    db,
    statements: updateKey(db, before, changes),
    events: [
      accessEvent(before.tenantId, `api-key/${before.id}`, "key-rotated", {
        before: keyEventState(before),
        after: keyEventState(after),
      }),
    ],
    answer: { status: 200, body: { ...keyJson(after, call.now), key } },
    secretReference: `${path}/${before.id}`,
  });
}

/** Commits that a key is good for nothing from the next request on; once is enough. */
export function revokeKey(call: Call, before: NamedKey): Promise<Answer> {
  const db = directory(call.env);
  const after = { ...before, revokedAt: before.revokedAt ?? call.now };
  const answer = { status: 200, body: keyJson(after, call.now) };
  if (before.revokedAt !== null) return call.commit({ db, statements: [], events: [], answer });
  return call.commit({
    db,
    statements: updateKey(db, before, { revokedAt: call.now }),
    events: [
      accessEvent(before.tenantId, `api-key/${before.id}`, "key-revoked", { before: keyEventState(before) }),
    ],
    answer,
  });
}
