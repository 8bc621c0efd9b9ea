import { z } from "zod";
import type { LoggedEntry } from "./leaf.ts";

export const EXPORT_FORMAT = "kubenova-audit/v1";

const countSchema = z.int().min(0);

const headerSchema = z.object({
  kind: z.literal("header"),
  format: z.literal(EXPORT_FORMAT),
  /** Id of the tenant, or `platform`. */
  log: z.string(),
  /** First line of the log's checkpoints. */
  origin: z.string(),
  exportedAt: z.string(),
  /** Entries that follow. */
  size: countSchema,
  /** The number that the last mutation had taken in the database before the log was read, and after. */
  lastNumber: z.object({ from: countSchema, to: countSchema }),
  /** Public keys of the log's checkpoints. */
  keys: z.array(z.string()).max(64),
  /** Why the manager signed no checkpoint over the log. */
  refused: z.string().optional(),
});

/** One line of an export. Of an entry only what is compared is looked at: its leaf is what it is. */
const exportLineSchema = z.discriminatedUnion("kind", [
  headerSchema,
  z.object({
    kind: z.literal("entry"),
    index: countSchema,
    leaf: z.looseObject({
      id: z.string(),
      tenant: z.string().nullable(),
      number: countSchema.optional(),
      previous: z.string().nullable(),
    }),
  }),
  /** Entries that are past their retention: of them only the hashes of their leaves are left, in base 64. */
  z.object({ kind: z.literal("expired"), index: countSchema, hashes: z.array(z.string()).min(1).max(1_000) }),
  z.object({ kind: z.literal("checkpoint"), checkpoint: z.string() }),
]);

export type ExportHeader = z.output<typeof headerSchema>;

export type ExportLine =
  | ExportHeader
  | { kind: "entry"; index: number; leaf: LoggedEntry }
  | { kind: "expired"; index: number; hashes: string[] }
  | { kind: "checkpoint"; checkpoint: string };

/** @returns undefined where it is no line of an export */
export function parseExportLine(text: string): ExportLine | undefined {
  try {
    return exportLineSchema.parse(JSON.parse(text)) as ExportLine;
  } catch {
    return undefined;
  }
}
