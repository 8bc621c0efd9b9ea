import { fromBase64Url, toBase64Url } from "../../domain/encoding/base64url.ts";
import type { Env } from "../env.ts";
import { sealer } from "../sealing/index.ts";
import { importXaesKey, type XaesKey } from "../sealing/xaes.ts";
import { findPeople, insertPeople, type PersonRow } from "../store/audit-people.ts";
import { directory } from "../store/database.ts";

/** How long an isolate uses a key without looking whether it was destroyed. */
export const PERSON_KEY_FRESH_MS = 5_000;
const MAX_KEPT = 2_000;
const KEY_BYTES = 32;

/** Keys of people, of those who are not forgotten; null for one who is. */
export type PeopleKeys = ReadonlyMap<string, XaesKey | null>;

const kept = new Map<string, { key: XaesKey | null; until: number }>();

/**
 * Keys of some people, by `<kind>/<id>`.
 *
 * @param make whether one who has none gets one; else he is not in the answer
 * @throws KubeNovaError KN-1901, KN-1903 … KN-1906 where a key cannot be had
 */
export async function peopleKeys(env: Env, people: readonly string[], make: boolean): Promise<PeopleKeys> {
  const now = Date.now();
  const found = new Map<string, XaesKey | null>();
  const unknown: string[] = [];
  for (const person of new Set(people)) {
    const known = kept.get(person);
    if (known && now < known.until) found.set(person, known.key);
    else unknown.push(person);
  }
  if (unknown.length === 0) return found;
  for (const row of await rowsOf(env, unknown, make, now)) {
    const key = row.key === null ? null : await opened(env, row.person, row.key);
    found.set(row.person, key);
    keep(row.person, key, now + PERSON_KEY_FRESH_MS);
  }
  return found;
}

async function rowsOf(env: Env, people: string[], make: boolean, now: number): Promise<PersonRow[]> {
  const db = directory(env);
  const rows = await findPeople(db, people);
  const there = new Set(rows.map(({ person }) => person));
  const missing = people.filter((person) => !there.has(person));
  if (!make || missing.length === 0) return rows;
  await insertPeople(db, await Promise.all(missing.map((person) => newKey(env, person))), now);
  // What is used is what stands there: another isolate may have been first.
  return findPeople(db, people);
}

async function newKey(env: Env, person: string): Promise<{ person: string; key: string }> {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const key = await sealer(env).seal(placeOf(person), toBase64Url(bytes));
  bytes.fill(0);
  return { person, key };
}

async function opened(env: Env, person: string, sealed: string): Promise<XaesKey> {
  const bytes = fromBase64Url(await sealer(env).open(placeOf(person), sealed));
  const key = await importXaesKey(bytes);
  bytes.fill(0);
  return key;
}

const placeOf = (person: string) => ({ tenantId: null, purpose: "audit-person.key", id: person }) as const;

/** The oldest gives way. */
function keep(person: string, key: XaesKey | null, until: number): void {
  kept.delete(person);
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(person, { key, until });
}
