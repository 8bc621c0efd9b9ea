import { createHash } from "node:crypto";
import type { FileTree } from "./types.ts";

/**
 * A tree as bytes, the same for the same content: `KNT1`, then by path in byte order the length of the path, the length
 * of the content (both 32 bits, big-endian), the path, the content. Its SHA-256 is the tree's digest, and its name in the cache.
 */
const MAGIC = Buffer.from("KNT1");
const HEAD_BYTES = 8;

export function packTree(files: FileTree): Uint8Array[] {
  const entries = [...files].map(([path, data]) => ({ path: Buffer.from(path), data }));
  entries.sort((a, b) => Buffer.compare(a.path, b.path));
  const chunks: Uint8Array[] = [MAGIC];
  for (const { path, data } of entries) {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(path.length, 0);
    head.writeUInt32BE(data.length, 4);
    chunks.push(head, path, data);
  }
  return chunks;
}

/** @returns undefined where these are not the bytes of a tree */
export function unpackTree(bytes: Buffer): FileTree | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const files = new Map<string, Uint8Array>();
  for (let at = MAGIC.length; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) return undefined;
    const path = at + HEAD_BYTES;
    const data = path + bytes.readUInt32BE(at);
    const end = data + bytes.readUInt32BE(at + 4);
    if (end > bytes.length) return undefined;
    files.set(bytes.toString("utf8", path, data), bytes.subarray(data, end));
    at = end;
  }
  return files;
}

/** `sha256:…` */
export const treeDigest = (files: FileTree): string => digestOf(packTree(files));

export function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
