import { KubeNovaError } from "../../domain/errors/index.ts";
import type { Env } from "../env.ts";
import { newId } from "../ids.ts";
import { type DataKeyRow, findActiveDataKey, findDataKey, insertActiveDataKey } from "../store/data-keys.ts";
import { directory } from "../store/database.ts";
import type { Kek } from "./kek.ts";
import { keksOf } from "./keks.ts";
import type { KeyCache } from "./key-cache.ts";
import { importXaesKey, type XaesKey } from "./xaes.ts";

export const DATA_KEY_BYTES = 32;

export interface DataKey {
  id: string;
  key: XaesKey;
}

export interface KeyContext {
  env: Env;
  cache: KeyCache;
  /** Milliseconds since 1970. */
  now: number;
}

/** The owner's key for new secrets; made where there is none. @throws KubeNovaError KN-1903 … KN-1906 */
export async function activeDataKey(at: KeyContext, owner: string): Promise<DataKey> {
  const known = at.cache.activeOf(owner, at.now);
  const cached = known && at.cache.fresh(known, at.now);
  if (known && cached) return { id: known, key: cached };
  const row = (await findActiveDataKey(directory(at.env), owner)) ?? (await makeDataKey(at, owner));
  const key = await unwrapped(at, row);
  at.cache.keepActive(owner, row.id, at.now);
  return { id: row.id, key };
}

/** A key by its id. @throws KubeNovaError KN-1903 … KN-1906; KN-1905 where the owner has no such key */
export async function dataKey(at: KeyContext, owner: string, id: string): Promise<XaesKey> {
  // A cached key of another owner opens nothing of this one: what it sealed is bound to its tenant.
  const cached = at.cache.fresh(id, at.now);
  if (cached) return cached;
  const row = await findDataKey(directory(at.env), id);
  if (row?.owner !== owner)
    throw new KubeNovaError("KN-1905", `There is no data key ${id}.`, { dataKey: id });
  return unwrapped(at, row);
}

async function unwrapped(at: KeyContext, row: DataKeyRow): Promise<XaesKey> {
  const cached = at.cache.fresh(row.id, at.now);
  if (cached) return cached;
  try {
    return at.cache.keep(row.id, await importUnwrapped(at.env, row), at.now);
  } catch (error) {
    if (!(error instanceof KubeNovaError)) throw error;
    const stale = error.code === "KN-1903" ? at.cache.stale(row.id, at.now) : undefined;
    if (stale) return stale;
    if (error.code === "KN-1904") at.cache.forget(row.id);
    throw error;
  }
}

async function importUnwrapped(env: Env, row: DataKeyRow): Promise<XaesKey> {
  const bytes = await unwrapDataKey(env, row);
  const key = await importXaesKey(bytes);
  bytes.fill(0);
  return key;
}

/** @throws KubeNovaError KN-1903 … KN-1906 */
export async function unwrapDataKey(env: Env, row: DataKeyRow): Promise<Uint8Array<ArrayBuffer>> {
  const kek = (await keksOf(env)).find(({ name }) => name === row.kek);
  if (!kek) {
    throw new KubeNovaError("KN-1906", `This manager was not given the key-encryption key ${row.kek}.`, {
      kek: row.kek,
      dataKey: row.id,
    });
  }
  const bytes = await kek.unwrap(row.wrapped, { dataKeyId: row.id, owner: row.owner });
  if (bytes.length !== DATA_KEY_BYTES)
    throw new KubeNovaError("KN-1905", `The data key ${row.id} has a wrong length.`);
  return bytes;
}

export async function primaryKek(env: Env): Promise<Kek> {
  const kek = (await keksOf(env)).at(-1);
  if (!kek) throw new KubeNovaError("KN-1901", "The manager has no key-encryption key.");
  return kek;
}

/** A new data key, wrapped, that is in no database yet. */
export async function newDataKey(env: Env, owner: string, now: number): Promise<DataKeyRow> {
  const kek = await primaryKek(env);
  const id = newId("dataKey", now);
  const bytes = crypto.getRandomValues(new Uint8Array(DATA_KEY_BYTES));
  const wrapped = await kek.wrap(bytes, { dataKeyId: id, owner });
  bytes.fill(0);
  return { id, owner, kek: kek.name, wrapped, wrappedAt: now, createdAt: now, retiredAt: null };
}

const makeDataKey = async ({ env, now }: KeyContext, owner: string): Promise<DataKeyRow> =>
  insertActiveDataKey(directory(env), await newDataKey(env, owner, now));
