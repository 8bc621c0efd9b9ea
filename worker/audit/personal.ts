import type { AuditEntry } from "../../domain/audit/entry.ts";
import {
  decodePersonal,
  encodePersonal,
  type PersonalFields,
  type PersonalForm,
  personOf,
  splitPersonal,
} from "../../domain/audit/personal.ts";
import { redactEntry } from "../../domain/audit/redact.ts";
import { boundTo, NONCE_BYTES } from "../../domain/sealing/sealed.ts";
import type { Env } from "../env.ts";
import { deriveKey } from "../keys/ring.ts";
import { importXaesKey, type XaesKey, xaesOpen, xaesSeal } from "../sealing/xaes.ts";
import { peopleKeys } from "./people.ts";

/** Names the use of the ring's keys under which personal fields wait in the outbox; another version would be other keys. */
const TRANSIT_USE = "audit-transit/v1";

/** The entry as it may wait in the database: redacted, its personal fields sealed with the manager's own key. */
export async function inTransit<E extends AuditEntry>(env: Env, entry: E): Promise<E> {
  const { rest, personal } = splitPersonal(redactEntry(entry));
  if (!personal) return rest;
  const ring = await deriveKey(env, TRANSIT_USE);
  const own = ring.find(({ primary }) => primary);
  if (!own) return rest;
  const text = await sealed("kt1", rest, await importXaesKey(own.bytes), personal, own.kid);
  return { ...rest, personal: text };
}

/**
 * Entries as their logs take them: redacted, their personal fields sealed with their actors' keys, which are made where
 * there are none. Of somebody who was forgotten nothing personal is left.
 * @throws KubeNovaError KN-1901, KN-1903 … KN-1906 where a key cannot be had
 */
export async function sealedForLog(env: Env, entries: readonly AuditEntry[]): Promise<AuditEntry[]> {
  const parts = await Promise.all(entries.map((entry) => fieldsOf(env, entry)));
  const people = parts.flatMap(({ rest, personal }) => (personal ? [personOf(rest)] : []));
  const keys = await peopleKeys(env, people, true);
  return Promise.all(
    parts.map(async ({ rest, personal }) => {
      const key = personal && keys.get(personOf(rest));
      return key ? { ...rest, personal: await sealed("kp1", rest, key, personal) } : rest;
    }),
  );
}

/** Entries as whoever may read the log sees them: with what is personal, of those who were not forgotten. */
export async function revealed<E extends AuditEntry>(env: Env, entries: readonly E[]): Promise<E[]> {
  const people = entries.filter(({ personal }) => personal !== undefined).map(personOf);
  const keys = await peopleKeys(env, people, false);
  return Promise.all(
    entries.map(async (entry) => {
      const key = keys.get(personOf(entry));
      if (!entry.personal || !key) return entry;
      return { ...entry, ...(await opened("kp1", entry, key, entry.personal)) };
    }),
  );
}

async function fieldsOf(env: Env, entry: AuditEntry) {
  const { rest, personal } = splitPersonal(redactEntry(entry));
  const { personal: waiting, ...bare } = rest;
  if (waiting === undefined) return { rest: bare, personal };
  const kid = decodePersonal("kt1", waiting)?.kid;
  const own = (await deriveKey(env, TRANSIT_USE)).find((each) => each.kid === kid);
  // A key that has left the ring meanwhile opens nothing more: the entry counts for more than its address.
  return {
    rest: bare,
    personal: own && (await opened("kt1", bare, await importXaesKey(own.bytes), waiting)),
  };
}

/** Bound to its entry and person: it opens in the place of no other. */
const boundOf = (form: PersonalForm, entry: AuditEntry) => boundTo([form, personOf(entry), entry.id]);

async function sealed(
  form: PersonalForm,
  entry: AuditEntry,
  key: XaesKey,
  fields: PersonalFields,
  kid = "",
): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const plaintext = new Uint8Array(new TextEncoder().encode(JSON.stringify(fields)));
  const ciphertext = await xaesSeal(key, nonce, plaintext, boundOf(form, entry));
  return encodePersonal(form, { kid, nonce, ciphertext });
}

/** @returns undefined where it was not sealed for that entry with that key */
async function opened(
  form: PersonalForm,
  entry: AuditEntry,
  key: XaesKey,
  text: string,
): Promise<PersonalFields | undefined> {
  const parts = decodePersonal(form, text);
  if (!parts) return undefined;
  try {
    const bytes = await xaesOpen(key, parts.nonce, parts.ciphertext, boundOf(form, entry));
    return JSON.parse(new TextDecoder().decode(bytes)) as PersonalFields;
  } catch {
    return undefined;
  }
}
