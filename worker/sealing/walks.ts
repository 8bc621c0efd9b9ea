import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Step } from "../../domain/sealing/walk.ts";
import { eachAtOnce } from "../bounded.ts";
import type { Env } from "../env.ts";
import { findActiveDataKey, findToRewrap, storeWrapped } from "../store/data-keys.ts";
import { directory } from "../store/database.ts";
import { countChange, type KeyRotation } from "../store/key-rotations.ts";
import {
  findSealedByOthers,
  replaceSealed,
  type SealedColumn,
  type SealedPurpose,
} from "../store/sealed-columns.ts";
import { primaryKek, unwrapDataKey } from "./data-keys.ts";
import { PLATFORM, sealer } from "./index.ts";
import { KeyCache } from "./key-cache.ts";

/** Rows of one step: so many requests to a key service, and statements of one batch. */
const STEP_ROWS = 50;
/** Requests that a key service has of one walk at a time. */
const AT_ONCE = 8;

export interface WalkContext {
  env: Env;
  /** Milliseconds since 1970. */
  now: number;
  columns: readonly SealedColumn[];
}

/** Parts of a rotation's walk. */
export const partsOf = ({ kind }: KeyRotation, { columns }: WalkContext): number =>
  kind === "rewrap" ? 1 : Math.max(columns.length, 1);

/** Changes the rows behind a place. @throws KubeNovaError KN-1903, KN-1904 where the key service does not serve: later */
export const takeStep = (at: WalkContext, rotation: KeyRotation): Promise<Step> =>
  rotation.kind === "rewrap" ? rewrapSome(at, rotation) : resealSome(at, rotation);

async function rewrapSome({ env, now }: WalkContext, rotation: KeyRotation): Promise<Step> {
  const { startedAt, place } = rotation;
  const kek = await primaryKek(env);
  const db = directory(env);
  const which = { primary: kek.name, before: startedAt, after: place.after, limit: STEP_ROWS };
  return changeAll(db, rotation, await findToRewrap(db, which), async (row) => {
    const bytes = await unwrapDataKey(env, row);
    const wrapped = await kek.wrap(bytes, { dataKeyId: row.id, owner: row.owner });
    bytes.fill(0);
    return storeWrapped(db, row, { kek: kek.name, wrapped, wrappedAt: now });
  });
}

async function resealSome({ env, now, columns }: WalkContext, rotation: KeyRotation): Promise<Step> {
  const { owner, place } = rotation;
  const db = directory(env);
  const column = columns[place.part];
  const active = await findActiveDataKey(db, owner);
  if (!column || !active) return { full: false, changed: 0, failed: 0 };
  const tenantId = owner === PLATFORM ? null : owner;
  const which = { tenantId, dataKeyId: active.id, after: place.after, limit: STEP_ROWS };
  // A memory of its own: the isolate's may still hold the key of before as the active one.
  const seals = sealer(env, { cache: new KeyCache(), now: () => now });
  return changeAll(db, rotation, await findSealedByOthers(db, column, which), async (row) => {
    const where = { tenantId, purpose: column.purpose as SealedPurpose, id: row.id };
    return replaceSealed(db, column, row, await seals.seal(where, await seals.open(where, row.sealed)));
  });
}

/** Makes all rows' changes, and writes and counts them together. One that does not open fails alone. */
async function changeAll<R extends { id: string }>(
  db: D1Database,
  rotation: KeyRotation,
  rows: R[],
  change: (row: R) => Promise<D1PreparedStatement>,
): Promise<Step> {
  const statements: D1PreparedStatement[] = [];
  let failed = 0;
  await eachAtOnce(AT_ONCE, rows, async (row) => {
    try {
      statements.push(await change(row), countChange(db, rotation.id));
    } catch (error) {
      if (!(error instanceof KubeNovaError) || !["KN-1905", "KN-1906"].includes(error.code)) throw error;
      failed++;
    }
  });
  const results = statements.length > 0 ? await db.batch(statements) : [];
  // What somebody wrote meanwhile is looked at by the next pass.
  const changed = results.reduce((sum, { meta }, at) => sum + (at % 2 === 0 ? meta.changes : 0), 0);
  return { last: rows.at(-1)?.id, full: rows.length === STEP_ROWS, changed, failed };
}
