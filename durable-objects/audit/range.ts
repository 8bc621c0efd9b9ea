import { CLOCK_SKEW_MS } from "../../domain/audit/query.ts";
import type { Archive } from "./archive.ts";
import type { AuditLog } from "./log.ts";
import type { AuditReader } from "./reader.ts";

/**
 * Indexes that hold all entries of a time range: entries stand in the order in which they were appended, which is not quite
 * that of their times.
 */
export function rangeOf(
  archive: Archive,
  reader: AuditReader,
  log: AuditLog,
  since: number | null,
  until: number | null,
): { from: number; to: number } {
  const [first, end] = [(since ?? 0) - CLOCK_SKEW_MS, until === null ? null : until + log.lateness];
  const from = archive.firstAt(first) ?? reader.firstAppended(first);
  if (end === null) return { from, to: log.tree.frontier.size };
  return { from, to: archive.endAt(end) ?? reader.firstAppended(end) };
}
