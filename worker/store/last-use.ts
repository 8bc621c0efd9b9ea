import type { Binding } from "../../domain/access/index.ts";
import type { LastUse } from "./access.ts";

/** Written at most this often for one thing: nobody asks for the minute, and each write costs one. */
const LAST_USE_EVERY_MS = 60 * 60 * 1000;

const isStale = (at: number | null, now: number): boolean => at === null || now - at >= LAST_USE_EVERY_MS;

/** Statements that write down that something was used, of those for which that is due. */
export function touchLastUse(
  db: D1Database,
  uses: readonly LastUse[],
  bindings: Iterable<Binding>,
  now: number,
): D1PreparedStatement[] {
  const due = [
    ...uses.filter(({ at }) => isStale(at, now)),
    ...[...bindings]
      .filter(({ lastUsedAt }) => isStale(lastUsedAt, now))
      .map(({ id }) => ({ table: "bindings" as const, id })),
  ];
  return due.map(({ table, id }) =>
    db.prepare(`UPDATE ${table} SET last_used_at = ?1 WHERE id = ?2`).bind(now, id),
  );
}
