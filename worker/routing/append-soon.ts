import type { AuditEntry } from "../../domain/audit/entry.ts";
import { appendPending } from "../../queues/append-audit.ts";
import type { Env } from "../env.ts";
import { failpoint } from "../failpoint.ts";
import { type PendingEntry, recordedEntry } from "../store/audit.ts";
import { Rounds } from "./rounds.ts";

/** Nobody waits for it: what commits meanwhile goes along. Far below domain/outbox GRACE_MS. */
const pending = new Rounds<PendingEntry>(50);

/**
 * Brings a committed mutation's entry to its log, after the answer; what this misses, OutboxDO's alarm brings.
 * @param result of the last statement of recordEntry
 */
export const appendSoon = (env: Env, entry: AuditEntry, result: D1Result | undefined): Promise<void> =>
  pending.take([recordedEntry(entry, result)], async (some) => {
    await failpoint(env, "committed");
    await appendPending(env, some);
  });
