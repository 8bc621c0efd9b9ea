import { migrateTables } from "../migrate.ts";

/**
 * Tables of one log's object. What stands in the tree is apart from what the entries say: entries may move elsewhere, their
 * hashes stay. `tree` has one row a leaf: its own hash, then that of each subtree that it completes, 32 bytes each.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), last_number INTEGER NOT NULL);
   INSERT INTO state VALUES (1, 0);
   CREATE TABLE tree (idx INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
   CREATE TABLE entries (
     idx INTEGER PRIMARY KEY, id TEXT NOT NULL, number INTEGER, time INTEGER NOT NULL, actor TEXT NOT NULL,
     action TEXT NOT NULL, object TEXT NOT NULL, outcome TEXT NOT NULL, appended_at INTEGER NOT NULL,
     leaf TEXT NOT NULL);
   CREATE UNIQUE INDEX entries_id ON entries (id);
   CREATE INDEX entries_actor ON entries (actor);
   CREATE INDEX entries_object ON entries (object);
   CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1);
   CREATE TABLE waiting (number INTEGER PRIMARY KEY, id TEXT NOT NULL, entry TEXT NOT NULL, at INTEGER NOT NULL);
   CREATE TABLE counted (
     likeness TEXT PRIMARY KEY, entry TEXT NOT NULL, times INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE bundles (
     first INTEGER PRIMARY KEY, last INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
     newest_at INTEGER NOT NULL, deleted_at INTEGER);
   CREATE TABLE archived (id TEXT PRIMARY KEY, idx INTEGER NOT NULL) WITHOUT ROWID;`,
];

export const migrate = (storage: DurableObjectStorage, now: number): void =>
  migrateTables(storage, MIGRATIONS, now);
