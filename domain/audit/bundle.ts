const DAY_MS = 24 * 60 * 60 * 1000;

/** Entries older than this leave the log's own storage for immutable bundles in R2. */
export const ARCHIVE_AFTER_MS = 90 * DAY_MS;
/** How often a log looks for what is to be moved, deleted or written once more elsewhere. */
export const UPKEEP_EVERY_MS = DAY_MS;
/** Bundles are kept so long where nothing else is set: seven years, with the leap days. */
export const DEFAULT_RETENTION_DAYS = 2_557;
/** Nobody may keep less than what an entry has in the log itself. */
export const MIN_RETENTION_DAYS = 90;
export const MAX_RETENTION_DAYS = 36_500;
/** Entries of one bundle, and their characters: what one read fetches. */
export const BUNDLE_ENTRIES = 1_000;
export const BUNDLE_CHARACTERS = 4_000_000;

const padded = (index: number): string => String(index).padStart(15, "0");

/** Name of a bundle by the range of its leaves, both included: names sort as the log does. */
export const bundleName = (log: string, first: number, last: number): string =>
  `audit/${log}/entries/${padded(first)}-${padded(last)}.jsonl`;

/** The same range in the bucket that nobody can change. */
export const wormName = (log: string, first: number, last: number): string =>
  `kubenova-audit/${log}/${padded(first)}-${padded(last)}.jsonl`;

/** A bundle's text: a leaf a line, the very bytes that were hashed. */
export const bundleText = (leaves: readonly string[]): string => leaves.map((leaf) => `${leaf}\n`).join("");
/** Canonical JSON has no line break. */
export const bundleLeaves = (text: string): string[] => text.split("\n").slice(0, -1);

/** The first of some leaves that make one bundle. */
export function bundleOf<T extends { leaf: string }>(leaves: readonly T[]): T[] {
  const taken: T[] = [];
  let characters = 0;
  for (const each of leaves.slice(0, BUNDLE_ENTRIES)) {
    characters += each.leaf.length;
    if (taken.length > 0 && characters > BUNDLE_CHARACTERS) break;
    taken.push(each);
  }
  return taken;
}

/** When a bundle is past its retention. @param newestAt when its last entry was appended */
export const expiresAt = (newestAt: number, retentionDays: number): number =>
  newestAt + retentionDays * DAY_MS;
