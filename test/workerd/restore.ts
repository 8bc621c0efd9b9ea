import { env } from "cloudflare:workers";

const TABLES = `SELECT name FROM sqlite_master WHERE type = 'table'
  AND name NOT GLOB '_cf*' AND name NOT GLOB 'sqlite*' AND name NOT GLOB 'd1_*'`;
const COUNTER = "SELECT seq FROM sqlite_sequence WHERE name = 'events'";

/**
 * Copies the database. What it answers puts all rows and the events' counter back as they were, as Time Travel would: under
 * a running manager, whose sockets and objects stay.
 */
export async function keepDatabase(): Promise<() => Promise<void>> {
  const { results: names } = await env.DB.prepare(TABLES).all<{ name: string }>();
  const tables = await Promise.all(
    names.map(async ({ name }) => ({
      name,
      rows: (await env.DB.prepare(`SELECT * FROM ${name}`).all<Record<string, unknown>>()).results,
    })),
  );
  const counter = await env.DB.prepare(COUNTER).first<number>("seq");
  return async () => {
    await env.DB.batch([
      env.DB.prepare("PRAGMA defer_foreign_keys = on"),
      ...tables.map(({ name }) => env.DB.prepare(`DELETE FROM ${name}`)),
      ...tables.flatMap(({ name, rows }) => rows.map((row) => insert(name, row))),
      env.DB.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'").bind(counter),
    ]);
  };
}

function insert(table: string, row: Record<string, unknown>): D1PreparedStatement {
  const columns = Object.keys(row);
  const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  return env.DB.prepare(sql).bind(...Object.values(row));
}
