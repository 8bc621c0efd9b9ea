import type { AuditEntry } from "../domain/audit/entry.ts";
import { sealedForLog } from "../worker/audit/personal.ts";
import { inTime } from "../worker/bounded.ts";
import type { Env } from "../worker/env.ts";
import { forgetEntries, type PendingEntry } from "../worker/store/audit.ts";
import { auditStub, directory } from "../worker/store/database.ts";

/**
 * Brings committed entries to their logs, each log by itself, and takes those out of the outbox that have arrived. An append
 * is idempotent, so what is brought twice stands once.
 *
 * @returns the entries whose log did not take them
 */
export async function appendPending(env: Env, pending: readonly PendingEntry[]): Promise<PendingEntry[]> {
  if (pending.length === 0) return [];
  const byLog = Map.groupBy(pending, ({ log }) => log);
  const failed: PendingEntry[] = [];
  await Promise.all(
    [...byLog].map(async ([log, some]) => void failed.push(...(await appendTo(env, log, some)))),
  );
  const left = new Set(failed);
  await forgetEntries(
    directory(env),
    pending.filter((each) => !left.has(each)).map(({ seq }) => seq),
  );
  return failed;
}

/** Brings entries to their log, redacted and with what is personal sealed. @throws where the log does not have them all */
export async function appendEntries(env: Env, log: string, entries: readonly AuditEntry[]): Promise<void> {
  await inTime(auditStub(env, log).append(await inTime(sealedForLog(env, entries))));
}

async function appendTo(env: Env, log: string, some: PendingEntry[]): Promise<PendingEntry[]> {
  try {
    await appendEntries(
      env,
      log,
      some.map(({ entry }) => entry),
    );
    return [];
  } catch (error) {
    console.warn(JSON.stringify({ message: "an audit log took no entries", log, error: String(error) }));
    return some;
  }
}
