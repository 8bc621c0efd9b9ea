import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";

/** Something that was kept, as bytes in which a text stands as it is. */
export interface Kept {
  /** `d1/…`, `do/…`, `r2/…`, and in a database its table. */
  where: string;
  bytes: Buffer;
}

/** All that a manager keeps: each row of each table, and each file as it is, half written ones too. Only while it is ended. */
export function everythingIn(folder: string): Kept[] {
  return filesIn(folder).flatMap((file) => {
    const where = relative(folder, file);
    const bytes = readFileSync(file);
    const rows = file.endsWith(".sqlite") ? rowsOf(file, where) : [];
    const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? [{ where, bytes: gunzipSync(bytes) }] : [];
    return [{ where, bytes }, ...rows, ...unpacked];
  });
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** A text that is longer than a page lies in pieces in the file, and whole in its row. */
function rowsOf(file: string, where: string): Kept[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.map(({ name }) => {
      const select = database.prepare(`SELECT * FROM "${String(name)}"`);
      select.setReadBigInts(true);
      const rows = select.all();
      const values = rows.flatMap((row) => Object.values(row).map(bytesOf));
      return {
        where: `${where}: ${String(name)}`,
        bytes: Buffer.concat(values.flatMap((value) => [value, NEXT])),
      };
    });
  } finally {
    database.close();
  }
}

/** What a column of the databases in a folder holds where it holds something. Only while the manager is ended. */
export const columnIn = (folder: string, table: string, column: string): unknown[] =>
  filesIn(folder)
    .filter((file) => file.endsWith(".sqlite"))
    .flatMap((file) => {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        const known = database
          .prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?")
          .get(table, column);
        if (!known) return [];
        const select = `SELECT "${column}" AS value FROM "${table}" WHERE "${column}" IS NOT NULL`;
        return database
          .prepare(select)
          .all()
          .map(({ value }) => value);
      } finally {
        database.close();
      }
    });

const NEXT = Buffer.from("\n");
const bytesOf = (value: unknown): Buffer =>
  value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value), "utf8");

/** As in a form or a URL; OAuth's basic authentication (RFC 6749, section 2.3.1) may encode all but letters and digits. */
const inUrls = (text: string): string[] => [
  encodeURIComponent(text),
  text.replace(/[^A-Za-z0-9]/g, (each) => `%${Buffer.from(each).toString("hex").toUpperCase()}`),
];

/**
 * What a text may look like where it is kept: as it is, as in a URL, and each of these in JavaScript's two-byte form, in
 * base64 wherever it begins, in hex.
 */
export const formsOf = (text: string): Buffer[] =>
  [...new Set([text, ...inUrls(text)])].flatMap((each) => bytesForms(each));

function bytesForms(text: string): Buffer[] {
  const plain = Buffer.from(text, "utf8");
  const encoded = [0, 1, 2].flatMap((shift) => {
    // Its first and last characters depend on what stands beside it.
    const base64 = Buffer.concat([Buffer.alloc(shift), plain])
      .toString("base64")
      .replace(/=+$/, "");
    const core = base64.slice(shift === 0 ? 0 : shift + 1, -1);
    return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const texts = [...new Set([...encoded, plain.toString("hex"), plain.toString("hex").toUpperCase()])];
  return [plain, Buffer.from(text, "utf16le"), ...texts.map((each) => Buffer.from(each))];
}

/** Where any form of a text is found. */
export const placesOf = (kept: readonly Kept[], text: string): string[] => {
  const forms = formsOf(text);
  return kept.filter(({ bytes }) => forms.some((form) => bytes.includes(form))).map(({ where }) => where);
};
