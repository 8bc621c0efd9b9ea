import { type AppSpec, sourceFor } from "../../domain/apps/spec.ts";
import { type Located, releaseDocuments } from "../../domain/desired/placement.ts";
import { type RawRelease, releaseFrom } from "./release-rows.ts";

/** Documents of releases from current rows. Specs may be 1 MiB each, so their bytes in memory are bounded. */

/** Larger specs are read and sent this many bytes at a time. */
const SPEC_BATCH_BYTES = 4 * 1024 * 1024;

/** @param everywhere tell each cluster that the environment was ever on, not only the present one */
export async function* releaseDocumentsOf(
  db: D1Database,
  rows: RawRelease[],
  everywhere: { also: string[] } | undefined,
): AsyncGenerator<Located[]> {
  for (const batch of inBatches(rows)) {
    const specs = await readSpecs(db, batch);
    yield batch.flatMap((raw) => {
      const row = releaseFrom(raw);
      const also = everywhere ? [...everywhere.also, ...row.history] : [];
      const text = raw.spec ?? specs.get(raw.revision_id);
      const source = text ? sourceFor(JSON.parse(text) as AppSpec, raw.environment) : undefined;
      return releaseDocuments(row, source, also);
    });
  }
}

const isMissing = (row: RawRelease): boolean => row.spec === null && row.alive === 1;

/** Splits rows so that no batch carries more than SPEC_BATCH_BYTES of specs; one larger spec is a batch of its own. */
export function inBatches(rows: RawRelease[]): RawRelease[][] {
  const batches: RawRelease[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = row.alive === 1 ? row.spec_bytes : 0;
    if (bytes + size > SPEC_BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(row);
    bytes += size;
  }
  return batches;
}

async function readSpecs(db: D1Database, rows: RawRelease[]): Promise<Map<string, string>> {
  const ids = rows.filter(isMissing).map((row) => row.revision_id);
  if (ids.length === 0) return new Map();
  const { results } = await db
    .prepare("SELECT id, spec FROM revisions WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify([...new Set(ids)]))
    .all<{ id: string; spec: string }>();
  return new Map(results.map(({ id, spec }) => [id, spec]));
}
