import { insertRow, type Row, selection, updateRow } from "./rows.ts";
import { keyRotations } from "./schema/index.ts";

export type KeyRotation = typeof keyRotations.$inferSelect;

/** Owner of a rotation of all data keys' wrapping. */
export const ALL_OWNERS = "all";
/** Finished ones that are told of; the others are history that events keep. */
const RECENT = 20;

const fields = selection(keyRotations, "r");
const decode = (rows: Row[] | undefined): KeyRotation[] =>
  (rows ?? []).flatMap((row) => fields.decode(row) ?? []);

/** Those under way, the longest first. */
export const runningRotations = async (db: D1Database): Promise<KeyRotation[]> =>
  decode(
    (
      await db
        .prepare(`SELECT ${fields.columns} FROM key_rotations r WHERE r.finished_at IS NULL ORDER BY r.id`)
        .all<Row>()
    ).results,
  );

export const recentRotations = (db: D1Database): D1PreparedStatement =>
  db.prepare(`SELECT ${fields.columns} FROM key_rotations r ORDER BY r.id DESC LIMIT ${RECENT}`);

export const findRunning = (db: D1Database, kind: KeyRotation["kind"]): D1PreparedStatement =>
  db
    .prepare(`SELECT ${fields.columns} FROM key_rotations r WHERE r.kind = ? AND r.finished_at IS NULL`)
    .bind(kind);

export const rotationsOf = (result: D1Result<Row> | undefined): KeyRotation[] => decode(result?.results);

export const insertRotation = (db: D1Database, row: KeyRotation): D1PreparedStatement =>
  insertRow(db, keyRotations, row);

/** Stores a step; the batch fails where another walker stored one since it was read. */
export const storeStep = (
  db: D1Database,
  read: KeyRotation,
  changes: Partial<KeyRotation>,
): D1PreparedStatement[] => updateRow(db, keyRotations, read, changes);

/** A new active data key in the place of the present one, which stays for what it sealed. */
export const retireActiveDataKey = (db: D1Database, owner: string, now: number): D1PreparedStatement =>
  db.prepare("UPDATE data_keys SET retired_at = ? WHERE owner = ? AND retired_at IS NULL").bind(now, owner);

/** Counts the change that the statement before it made, or did not: exact, whoever else walks and wherever one is killed. */
export const countChange = (db: D1Database, id: string): D1PreparedStatement =>
  db.prepare("UPDATE key_rotations SET done = done + changes() WHERE id = ?").bind(id);

export const doneSoFar = async (db: D1Database, id: string): Promise<number> =>
  (await db.prepare("SELECT done FROM key_rotations WHERE id = ?").bind(id).first<number>("done")) ?? 0;
