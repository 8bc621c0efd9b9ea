import { counted, likeness, timesOf } from "../../domain/audit/counted.ts";
import { type AuditEntry, logOf } from "../../domain/audit/entry.ts";
import { splitPersonal } from "../../domain/audit/personal.ts";
import { redactEntry } from "../../domain/audit/redact.ts";
import { sealedForLog } from "../audit/personal.ts";
import { inTime } from "../bounded.ts";
import type { Env } from "../env.ts";
import { auditStub } from "../store/database.ts";

/** The log's object counts like notes over a minute; an isolate asks it at most once in this time about each kind. */
const GATHER_MS = 1_000;

/** What came since the object was asked last; undefined where nothing did. */
const gathered = new Map<string, AuditEntry | undefined>();

/** Brings an entry that has no number to its log: the first of its kind at once, further ones gathered. */
export async function appendNote(env: Env, entry: AuditEntry): Promise<void> {
  const key = likeness(entry);
  if (gathered.has(key)) {
    const before = gathered.get(key);
    gathered.set(key, counted(entry, (before ? timesOf(before) : 0) + timesOf(entry)));
    return;
  }
  gathered.set(key, undefined);
  await send(env, entry);
  await scheduler.wait(GATHER_MS);
  const rest = gathered.get(key);
  gathered.delete(key);
  if (rest) await send(env, rest);
}

/** What is lost here is written to the program's log: nothing else holds it. */
async function send(env: Env, note: AuditEntry): Promise<void> {
  const entry = await sealedNote(env, note);
  try {
    await inTime(auditStub(env, logOf(entry)).note(entry));
  } catch (error) {
    console.error(JSON.stringify({ message: "an audit entry was not taken", entry, error: String(error) }));
  }
}

/** Nothing holds a note until its person's key can be had: it rather goes without what is personal. */
async function sealedNote(env: Env, note: AuditEntry): Promise<AuditEntry> {
  try {
    const [entry] = await inTime(sealedForLog(env, [note]));
    if (entry) return entry;
  } catch (error) {
    console.warn(
      JSON.stringify({ message: "an audit entry goes without its address", error: String(error) }),
    );
  }
  return splitPersonal(redactEntry(note)).rest;
}
