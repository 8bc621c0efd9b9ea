/**
 * Tar archives with the same bytes for the same content: no times, no owners, no order but the given.
 * Regular files, folders and symbolic links; names of any length (pax headers).
 */

export type TarEntry =
  | { name: string; type: "file"; mode: number; data: Uint8Array }
  | { name: string; type: "folder"; mode: number }
  | { name: string; type: "link"; target: string };

const BLOCK = 512;
const TYPES = { file: "0", folder: "5", link: "2" } as const;

export function writeTar(entries: TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) parts.push(...encode(entry));
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}

function encode(entry: TarEntry): Buffer[] {
  const name = entry.type === "folder" ? `${entry.name.replace(/\/$/, "")}/` : entry.name;
  const target = entry.type === "link" ? entry.target : "";
  const data = entry.type === "file" ? Buffer.from(entry.data) : Buffer.alloc(0);
  const mode = entry.type === "link" ? 0o777 : entry.mode;
  const head = header({ name, target, mode, size: data.length, type: TYPES[entry.type] });
  const long: [string, string][] = [];
  if (Buffer.byteLength(name) > 100) long.push(["path", name]);
  if (Buffer.byteLength(target) > 100) long.push(["linkpath", target]);
  return [...(long.length > 0 ? pax(long) : []), head, data, padding(data.length)];
}

/** An extra entry whose content overrides the next one's too short fields. */
function pax(fields: [string, string][]): Buffer[] {
  const data = Buffer.from(fields.map(([key, value]) => paxRecord(key, value)).join(""));
  const head = header({ name: "pax", target: "", mode: 0o644, size: data.length, type: "x" });
  return [head, data, padding(data.length)];
}

/** "LENGTH KEY=VALUE\n", where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

type Header = { name: string; target: string; mode: number; size: number; type: string };

function header({ name, target, mode, size, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
  Buffer.from(name).copy(block, 0, 0, 100);
  octal(mode & 0o7777, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  Buffer.from(target).copy(block, 157, 0, 100);
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

const padding = (size: number) => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** The regular files of an archive by name, without a leading "./". Enough to read an OCI layout. */
export function readTarFiles(tar: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const field = (offset: number, length: number) =>
      tar.toString("utf8", at + offset, at + offset + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12).trim() || "0", 8);
    const data = tar.subarray(at + BLOCK, at + BLOCK + size);
    const type = field(156, 1);
    const prefix = field(345, 155);
    if (type === "x") longName = /\d+ path=(.*)\n/.exec(data.toString("utf8"))?.[1];
    else if (type === "0" || type === "") {
      const name = longName ?? (prefix ? `${prefix}/${field(0, 100)}` : field(0, 100));
      files.set(name.replace(/^\.\//, ""), data);
      longName = undefined;
    } else longName = undefined;
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
