import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { DesiredFrame } from "../../protocol/tunnel/frames.ts";
import type { Book } from "./book.ts";
import type { DesiredItem } from "./document.ts";
import type { Job } from "./job.ts";
import type { DesiredOptions } from "./types.ts";
import type { Outcome } from "./write.ts";

/** What the manager, the log and the metrics hear of a document. */
export interface Telling {
  report(key: string, revision: number, phase: DocumentStatus["phase"], message?: string): void;
  written(job: Job, outcome: Outcome): void;
  pending(job: Job, message: string): void;
  refused(item: DesiredFrame | DesiredItem, message: string): void;
}

export function createTelling(input: {
  options: DesiredOptions;
  book: Book;
  /** An object carries the key. */
  isThere: (key: string) => boolean;
  /** Documents that are not stored yet. */
  waiting: () => number;
}): Telling {
  const { options, book, isThere } = input;
  const { log, clock, metrics } = options;
  const outcomes = metrics.counter("kubenova_agent_documents_total", "Desired documents, by outcome");
  const waiting = "kubenova_agent_documents_waiting";
  metrics.gaugeOf(waiting, "Desired documents that are not stored yet", input.waiting);

  const report: Telling["report"] = (key, revision, phase, message) =>
    options.report({
      key,
      revision,
      phase,
      ...(message === undefined ? {} : { message: message.slice(0, 1024) }),
      since: new Date(clock.now()).toISOString(),
    });

  return {
    report,
    written({ item }, outcome) {
      const { key, revision, op } = item;
      outcomes.inc({ op, outcome });
      log.debug("document", { ...namesOf(item), op, outcome });
      if (op === "upsert") return outcome === "stale" ? undefined : book.notDeleting([key]);
      if (outcome === "stale") return book.notDeleting([key]);
      // It may have gone before the answer to its deletion came: that was told, and nothing tells it again.
      report(key, revision, outcome === "deleting" && isThere(key) ? "Deleting" : "Deleted");
    },
    pending({ item }, message) {
      log.warn("a document cannot be stored yet", { ...namesOf(item), message });
      report(item.key, item.revision, "Pending", message);
    },
    refused(item, message) {
      outcomes.inc({ op: item.op, outcome: "refused" });
      log.warn("a document is refused", { ...namesOf(item), message });
      report(item.key, item.revision, "Refused", message);
    },
  };
}

const namesOf = ({ key, revision, correlationId }: DesiredFrame | DesiredItem) => ({
  key,
  revision,
  correlationId,
});
