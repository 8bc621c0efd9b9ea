import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Manager } from "../manager/start.ts";

/** The manager's storage, as files: to keep an older state of it, and to lose it. Only while the manager is ended, but for `keep`. */
export type Part = "database" | "clusters";

/** One file of the storage: D1, or the object of the only cluster. */
function fileOf(manager: Manager, part: Part): string {
  const state = join(manager.dir, "state", "v3");
  const folder =
    part === "database"
      ? join(state, "d1", "miniflare-D1DatabaseObject")
      : join(state, "do", "kubenova-ClusterDO");
  const table = part === "database" ? "events" : "desired";
  const found = readdirSync(folder)
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .map((name) => join(folder, name))
    .filter((file) => hasTable(file, table));
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} files of ${part} in ${folder}`);
  return found[0];
}

function hasTable(file: string, table: string): boolean {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined;
  } finally {
    database.close();
  }
}

/** A consistent copy of how it is now. What it answers puts that back. */
export function keep(manager: Manager, part: Part): () => void {
  const file = fileOf(manager, part);
  const copy = join(manager.dir, `${part}-kept.sqlite`);
  rmSync(copy, { force: true });
  const database = new DatabaseSync(file);
  database.prepare("VACUUM INTO ?").run(copy);
  database.close();
  return () => {
    remove(file);
    renameSync(copy, file);
  };
}

export const lose = (manager: Manager, part: Part): void => remove(fileOf(manager, part));

function remove(file: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
}
