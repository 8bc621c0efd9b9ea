import type { Call } from "../../routing/call.ts";
import type { CatalogueRow } from "./catalogue.ts";

/** A deletion keeps the row: for 30 days a restore brings it back. */
export type Deletion = "deleted" | "restored";

/** What changes in a row that is deleted or restored, and the row after it. */
export function deletionOf<T extends CatalogueRow>({ now }: Pick<Call, "now">, before: T, becomes: Deletion) {
  const changes = { deletedAt: becomes === "deleted" ? now : null, updatedAt: now };
  return { changes, after: { ...before, ...changes, version: before.version + 1 } };
}

/** What its event says: nothing is there after a deletion, nor before a restore. */
export const deletionEvent = <K extends string, S>(kind: K, becomes: Deletion, before: S, after: S) =>
  becomes === "deleted"
    ? { type: `evt.${kind}.deleted` as const, data: { before, after: null } }
    : { type: `evt.${kind}.restored` as const, data: { before: null, after } };
