import type { DesiredItem } from "./document.ts";

/** A document to be written, and whom to tell. */
export interface Job {
  item: DesiredItem;
  epochId: string;
  /** Told once: stored, or refused with a message. A job that a newer one of its key replaced ends with that one. */
  settle: (refusal?: string) => void;
}

/** Revisions compare within an epoch only. */
export const isOlder = (job: Job, than: Job): boolean =>
  job.epochId === than.epochId && job.item.revision < than.item.revision;

/** What happens to `job` holds for `other` too: it was replaced by it, or came too late. */
export function settleWith(job: Job, other: Job): void {
  const { settle } = job;
  job.settle = (refusal) => {
    other.settle(refusal);
    settle(refusal);
  };
}

/** The same job, whose settling counts the first time alone. */
export function once(job: Job): Job {
  let told = false;
  return {
    ...job,
    settle(refusal) {
      if (told) return;
      told = true;
      job.settle(refusal);
    },
  };
}
