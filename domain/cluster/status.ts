/** One status report against what the object holds. */
export interface Report {
  key: string;
  revision: number;
  phase: string;
}

export type ReportDecision = "take" | "drop" | "same" | "orphan";

/**
 * What to do with a report. Reports of one session come in order, so the newest wins; but never one of an older revision
 * over a newer, nor one of a revision that was never sent.
 *
 * @param desired the document held for the key, tombstones included
 */
export function decideReport(
  report: Report,
  desired: { revision: number } | undefined,
  held: { revision: number; equal: boolean } | undefined,
): ReportDecision {
  if (report.phase === "Orphaned") return desired ? "drop" : "orphan";
  if (!desired || report.revision > desired.revision) return "drop";
  if (!held) return "take";
  if (report.revision < held.revision) return "drop";
  return report.revision === held.revision && held.equal ? "same" : "take";
}
