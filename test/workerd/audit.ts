import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { LoggedEntry } from "../../domain/audit/leaf.ts";
import { auditStub } from "../../worker/store/database.ts";
import { until } from "../lib/until.ts";

/** What stands in a log's storage, in its order. */
export const loggedIn = (log: string): Promise<LoggedEntry[]> =>
  runInDurableObject(auditStub(env, log), (_object, { storage: { sql } }) => {
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'").toArray().length === 0) return [];
    return [...sql.exec<{ leaf: string }>("SELECT leaf FROM entries ORDER BY idx")].map(({ leaf }) =>
      JSON.parse(leaf),
    );
  });

/** Waits until each committed mutation's entry is in its log. */
export const allAppended = (): Promise<unknown> =>
  until("the entries of what was committed", async () => {
    const left = await env.DB.prepare("SELECT COUNT(*) AS n FROM audit_outbox").first<number>("n");
    return left === 0;
  });

/** All logs that a mutation has written to, and the number that the last one took in each. */
export async function lastNumbers(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare("SELECT log, last FROM audit_logs").all<{
    log: string;
    last: number;
  }>();
  return Object.fromEntries(results.map(({ log, last }) => [log, last]));
}

/** Entries of all logs with a correlation id. */
export async function entriesOf(correlationId: string): Promise<LoggedEntry[]> {
  await allAppended();
  const logs = await Promise.all(Object.keys(await lastNumbers()).map(loggedIn));
  return logs.flat().filter((entry) => entry.correlationId === correlationId);
}
