import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { type IdKind, idPattern } from "../../../domain/ids/index.ts";
import { labelKeySchema, labelsSchema, labelValueSchema, nameSchema } from "../../../domain/names/index.ts";
import { isRestorable, restorableUntil } from "../../../domain/tenancy/retention.ts";
import type { Call } from "../../routing/call.ts";

/** What every object of the catalogue has. */
export interface CatalogueRow {
  id: string;
  name: string;
  displayName: string | null;
  labels: Record<string, string>;
  version: number;
  createdAt: number;
  updatedAt: number;
  deletedAt: number | null;
}

/** A row that is not there yet, as its caller names and describes it. */
export const newRow = (
  call: Pick<Call, "newId" | "now">,
  kind: IdKind,
  name: string,
  written: { displayName?: string | null | undefined; labels?: Record<string, string> | undefined },
): CatalogueRow => ({
  id: call.newId(kind),
  name,
  displayName: written.displayName ?? null,
  labels: written.labels ?? {},
  version: 1,
  createdAt: call.now,
  updatedAt: call.now,
  deletedAt: null,
});

export const timeSchema = z.iso.datetime().meta({ examples: ["2026-11-21T10:00:00.000Z"] });

/** Text for people. Half a surrogate pair has no UTF-8, so the database would give back something else. */
export const displayNameSchema = z
  .string()
  .max(200)
  .regex(/^[ -~\u00a0-\uffff]*$/, "no control characters")
  .refine((text) => text.isWellFormed(), "not well-formed Unicode");

/** Fields that a caller may write, on each kind of object. */
export const writableFields = {
  displayName: displayNameSchema.optional(),
  labels: labelsSchema.optional(),
};

/** The same in a merge patch: null takes away. */
export const patchableFields = {
  displayName: displayNameSchema.nullable().optional(),
  labels: z.record(labelKeySchema, labelValueSchema.nullable()).nullable().optional(),
};

/** Fields of each answer. */
export const catalogueFields = (kind: IdKind) => ({
  id: z.string().regex(idPattern(kind)),
  name: nameSchema,
  displayName: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  version: z.int().min(1).meta({ description: "Grows with each change; it is the ETag." }),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  deletedAt: timeSchema.optional(),
  restorableUntil: timeSchema.optional(),
});

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** {@link catalogueFields} of a row. Absent fields are undefined, which JSON leaves out: a page has hundreds of rows. */
export const catalogueJson = (row: CatalogueRow) => ({
  id: row.id,
  name: row.name,
  displayName: row.displayName ?? undefined,
  labels: row.labels,
  version: row.version,
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
  deletedAt: row.deletedAt === null ? undefined : iso(row.deletedAt),
  restorableUntil: row.deletedAt === null ? undefined : iso(restorableUntil(row.deletedAt)),
});

/** The fields that a caller wrote, as merge patch starts from them. */
export const writtenFields = (row: CatalogueRow) => ({
  ...(row.displayName === null ? {} : { displayName: row.displayName }),
  ...(Object.keys(row.labels).length === 0 ? {} : { labels: row.labels }),
});

/** @throws KubeNovaError KN-1200 where there is none, or it is deleted */
export function present<T extends { deletedAt: number | null }>(
  kind: string,
  name: string,
  row: T | undefined,
): T {
  if (!row) throw new KubeNovaError("KN-1200", `There is no ${kind} '${name}'.`);
  if (row.deletedAt !== null) {
    throw new KubeNovaError(
      "KN-1200",
      `The ${kind} '${name}' is deleted; POST …/${name}:restore brings it back.`,
      {
        deletedAt: iso(row.deletedAt),
        restorableUntil: iso(restorableUntil(row.deletedAt)),
      },
    );
  }
  return row;
}

/**
 * @param isSeen false where the caller may not know what has the name: he learns no more than that it is taken
 * @throws KubeNovaError KN-1300 where the name is taken, by a deleted object too
 */
export function nameIsFree(kind: string, row: CatalogueRow | undefined, isSeen = true): void {
  if (!row) return;
  if (!isSeen) throw new KubeNovaError("KN-1300", `The name '${row.name}' cannot be had.`);
  const deleted = row.deletedAt !== null;
  const message = deleted
    ? `A deleted ${kind} holds the name '${row.name}'; restore it, or wait for its purge.`
    : `There is a ${kind} '${row.name}' already.`;
  throw new KubeNovaError("KN-1300", message, { id: row.id, deleted });
}

/** @throws KubeNovaError KN-1008 where ?confirm is not the name (decisions.md 11) */
export function confirmed(name: string, confirm: string | undefined): void {
  if (confirm !== name) throw new KubeNovaError("KN-1008", undefined, { confirm: name });
}

/** @throws KubeNovaError KN-1200, KN-1306, KN-1203 */
export function restorable<T extends CatalogueRow>(
  kind: string,
  name: string,
  row: T | undefined,
  now: number,
): T {
  if (!row) throw new KubeNovaError("KN-1200", `There is no ${kind} '${name}'.`);
  if (row.deletedAt === null) throw new KubeNovaError("KN-1306");
  if (!isRestorable(row.deletedAt, now)) throw new KubeNovaError("KN-1203");
  return row;
}

/** Query of a DELETE that must be confirmed. @param example the name in the document's example */
export const confirmQuery = (example: string) =>
  z.strictObject({
    confirm: z
      .string()
      .max(64)
      .optional()
      .meta({ description: "The name of what is deleted, once more.", examples: [example] }),
  });
