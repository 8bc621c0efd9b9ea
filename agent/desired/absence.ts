import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Logger } from "../log.ts";
import type { Book } from "./book.ts";
import type { Live } from "./live.ts";
import type { LiveObjects } from "./live-objects.ts";
import { type Fate, fateOf, type Snapshot } from "./snapshot.ts";
import type { ResourceWriter } from "./write.ts";

export interface AbsenceOptions {
  objects: LiveObjects;
  writer: ResourceWriter;
  book: Book;
  log: Logger;
  report: (key: string, revision: number, phase: DocumentStatus["phase"], message?: string) => void;
}

export const ORPHANED = "the manager's desired set no longer has it; it stays as it is";

/** Acts on what a complete snapshot lacks: deletes, or marks and reports (snapshot.ts says which). */
export async function settleAbsences(snapshot: Snapshot, options: AbsenceOptions): Promise<void> {
  const { objects, writer, book, log, report } = options;
  const known = book.state?.epochId;
  for (const live of objects.all()) {
    const key = live.key ?? "";
    const fate = fateOfLive(live, snapshot, known);
    if (fate === "keep" || (live.deleting && book.deletionOf(key) !== undefined)) continue;
    const names = { key, kind: live.kind, name: live.name };
    if (fate === "orphan") {
      await writer.markOrphan(live);
      log.warn("the desired set lacks a custom resource: it stays, as an orphan", names);
      report(key, live.revision, "Orphaned", ORPHANED);
      continue;
    }
    book.deleting(key, live.revision);
    log.info("deleting what the snapshot lacks", names);
    report(key, live.revision, "Deleting");
    await writer.removeAbsent(live);
  }
}

/** An object that is marked stays an orphan until an upsert of its key, or a tombstone. */
function fateOfLive(live: Live, snapshot: Snapshot, known: string | undefined): Fate {
  const fate = fateOf({ key: live.key ?? "", epochId: live.epochId }, snapshot, known);
  return fate === "delete" && live.orphaned ? "orphan" : fate;
}
