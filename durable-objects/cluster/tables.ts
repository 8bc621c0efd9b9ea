import { migrateTables } from "../migrate.ts";

/** Tables of one cluster's object. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     cluster_id TEXT NOT NULL, name TEXT NOT NULL, mode TEXT NOT NULL, deleted INTEGER NOT NULL,
     version INTEGER NOT NULL, epoch INTEGER NOT NULL, epoch_id TEXT NOT NULL,
     session INTEGER NOT NULL, seq INTEGER NOT NULL, floor INTEGER NOT NULL, acked INTEGER NOT NULL,
     status_seq INTEGER NOT NULL, rebuild_after TEXT, announced INTEGER NOT NULL,
     orphans_announced INTEGER NOT NULL, observed_dirty INTEGER NOT NULL,
     agent_version TEXT, capabilities TEXT, inventory TEXT, last_seen_at INTEGER);
   CREATE TABLE keys (public_key TEXT PRIMARY KEY, kube_uid TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE desired (
     key TEXT PRIMARY KEY, seq INTEGER NOT NULL, revision INTEGER NOT NULL, op TEXT NOT NULL,
     digest TEXT, resource TEXT, bytes INTEGER NOT NULL, correlation_id TEXT NOT NULL, gone_at INTEGER) WITHOUT ROWID;
   CREATE INDEX desired_seq ON desired (seq);
   CREATE TABLE status (
     key TEXT PRIMARY KEY, revision INTEGER NOT NULL, json TEXT NOT NULL, status_seq INTEGER NOT NULL,
     at INTEGER NOT NULL, projected INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX status_unprojected ON status (status_seq) WHERE projected = 0;
   CREATE TABLE orphans (key TEXT PRIMARY KEY, message TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE due (kind TEXT PRIMARY KEY, at INTEGER NOT NULL, tries INTEGER NOT NULL) WITHOUT ROWID;`,
  `ALTER TABLE state ADD COLUMN witness_seq INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE state ADD COLUMN witness_id TEXT NOT NULL DEFAULT '';
   ALTER TABLE state ADD COLUMN diverged INTEGER NOT NULL DEFAULT 0;`,
  `ALTER TABLE state ADD COLUMN takeovers INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE state ADD COLUMN taken_session INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE state ADD COLUMN taken_at INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE state ADD COLUMN takeovers_told_at INTEGER NOT NULL DEFAULT 0;`,
  "ALTER TABLE desired ADD COLUMN traceparent TEXT;",
];

export const migrate = (storage: DurableObjectStorage, now: number): void =>
  migrateTables(storage, MIGRATIONS, now);
