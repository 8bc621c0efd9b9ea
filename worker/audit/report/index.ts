import { parseCheckpoint } from "../../../domain/audit/checkpoint.ts";
import type { PlacedEntry } from "../../../domain/audit/csv.ts";
import { parseNote } from "../../../domain/audit/signed-note.ts";
import { MAX_LISTED, type Summary } from "../../../domain/audit/summary.ts";
import type { Period } from "../entries.ts";
import { ACCENT, Paper } from "./page.ts";

export interface ReportOf {
  log: string;
  /** For people. */
  name: string;
  period: Period;
  madeAt: number;
  /** The newest checkpoint, a signed note; undefined in an empty log. */
  note: string | undefined;
}

const LISTED_COUNTS = 15;

/** A time range of a log as a document for people: PDF, A4. */
export async function reportPdf(of: ReportOf, summary: Summary): Promise<Uint8Array<ArrayBuffer>> {
  const title = `Audit report: ${of.name}`;
  const paper = await Paper.begin(title, of.madeAt);
  paper.text("KUBENOVA", { size: 8, bold: true, color: ACCENT });
  paper.gap(6);
  paper.text(title, { size: 20, bold: true });
  paper.gap(4);
  paper.text(`Log ${of.log}\n${rangeText(of.period)}, made ${timeText(of.madeAt)}`);
  writeCounts(paper, summary);
  writeList(paper, "Changes of access", summary.accessChanges, summary.accessChangesTotal);
  writeList(paper, "Denials", summary.denials, summary.denialsTotal);
  writeVerification(paper, of, summary);
  return paper.end(`${title}, made ${timeText(of.madeAt)}`);
}

function writeCounts(paper: Paper, summary: Summary): void {
  paper.heading("Summary");
  paper.text(
    summary.entries === 0
      ? "No entry of the log is of this time."
      : `${summary.entries} entries, leaves ${summary.first} to ${summary.last} of the log. Like ones that were counted together count as often as they happened.`,
  );
  paper.gap(6);
  if (summary.entries === 0) return;
  for (const [what, head] of [
    ["outcome", "Outcome"],
    ["action", "Action"],
    ["actor", "Actor"],
  ] as const) {
    const rows = summary.by(what, LISTED_COUNTS).map(({ name, times }) => [name, String(times)]);
    paper.table([head, "Times"], rows, [0.8, 0.2]);
  }
}

function writeList(paper: Paper, title: string, entries: readonly PlacedEntry[], total: number): void {
  paper.heading(title);
  if (entries.length === 0) {
    paper.text("None.");
    return;
  }
  if (total > entries.length)
    paper.text(`${total} in all; the first ${MAX_LISTED} are listed, \`:csv\` gives the others.`);
  const rows = entries.map((entry) => [
    `${entry.time.slice(0, 19).replace("T", " ")}`,
    entry.actor.id,
    entry.action,
    entry.object,
    String(entry.index),
  ]);
  paper.table(["Time (UTC)", "Actor", "Action", "Object", "Leaf"], rows, [0.16, 0.27, 0.17, 0.33, 0.07]);
}

function writeVerification(paper: Paper, { log, note }: ReportOf, summary: Summary): void {
  paper.heading("Verification");
  const parsed = note === undefined ? undefined : parseNote(note);
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (note === undefined || !checkpoint) {
    paper.text("The log has no entry yet, so there is no checkpoint.");
    return;
  }
  const covered = summary.last === undefined || summary.last < checkpoint.size;
  paper.text(
    `The log is a Merkle tree (RFC 6962). The signed checkpoint below is of its first ${checkpoint.size} leaves${
      covered
        ? ", among them all entries of this report"
        : "; later entries of this report are in a later one"
    }. Whoever changes, removes or inserts an entry that it covers gets another root hash. This document itself proves nothing: export the log and verify it without the manager, against a checkpoint that you kept.`,
  );
  paper.gap(6);
  paper.text(`curl -H "Authorization: Bearer $TOKEN" "$KUBENOVA_URL${pathOf(log)}:export" > log.jsonl`, {
    mono: true,
    size: 7.5,
  });
  paper.text("npm run audit:verify -- log.jsonl", { mono: true, size: 7.5 });
  paper.gap(8);
  for (const line of note.trimEnd().split("\n"))
    paper.text(line.replace("\u2014", "-") || " ", { mono: true, size: 7 });
}

const pathOf = (log: string): string =>
  log === "platform" ? "/api/v1/audit" : "/api/v1/tenants/$TENANT/audit";

const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const rangeText = ({ since, until }: Period): string =>
  `${since === null ? "from the beginning" : `from ${timeText(since)}`} ${until === null ? "until now" : `until ${timeText(until)}`}`;
