import { canonicalJson } from "../canonical/index.ts";
import { hex } from "./bytes.ts";
import type { AuditEntry } from "./entry.ts";
import type { Hash } from "./merkle.ts";

/** An entry as it stands in the tree: with the hash of the leaf before it, so that the leaves are a chain, too. */
export type LoggedEntry = AuditEntry & {
  /** Lower-case hex; null in the first leaf. */
  previous: string | null;
};

/** Canonical JSON of a leaf: its UTF-8 bytes are what is hashed. */
export const leafText = (entry: AuditEntry, previous: Hash | undefined): string =>
  canonicalJson({ ...entry, previous: previous ? hex(previous) : null });
