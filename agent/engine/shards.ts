import { hash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical/index.ts";
import { MAX_SHARD_BYTES, MAX_SHARDS } from "../../protocol/resources/graph-shard.ts";

/**
 * Many documents as few texts, each known by its digest. A shard ends where the line after it says so by its own hash:
 * a change somewhere leaves the shards before and after it as they were, and what did not change is not written again.
 */

export interface Chunk {
  digest: string;
  content: string;
}

/** A shard may end from here on, and does after 64 KiB more on average (of documents of 1 KiB). */
const MIN_SHARD_BYTES = 96 * 1024;
const ENDS_ONE_IN = 64;
/** A line's hash is taken of so many characters: what tells documents apart comes early. */
const HASHED_CHARS = 160;

export const digestOfText = (text: string): string => `sha256:${hash("sha256", text, "hex")}`;

/** Of a whole: the order counts, the cuts count. */
export const digestOfChunks = (chunks: readonly { digest: string }[]): string =>
  digestOfText(chunks.map(({ digest }) => digest).join("\n"));

/** Bytes of a text within JSON. */
export const escapedBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;

export const linesOf = (documents: readonly unknown[]): string[] => documents.map(canonicalJson);

export const documentsOf = (chunks: readonly string[]): unknown[] =>
  chunks
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

/** @throws RangeError where it is more than a graph may hold */
export function chunksOf(lines: readonly string[]): Chunk[] {
  const contents: string[] = [];
  let open: string[] = [];
  let bytes = 0;
  const close = () => {
    if (open.length > 0) contents.push(open.join(""));
    open = [];
    bytes = 0;
  };
  for (const line of lines) {
    for (const piece of piecesOf(`${line}\n`)) {
      const size = escapedBytes(piece);
      if (bytes + size > MAX_SHARD_BYTES || (bytes >= MIN_SHARD_BYTES && endsBefore(piece))) close();
      open.push(piece);
      bytes += size;
    }
  }
  close();
  if (contents.length > MAX_SHARDS)
    throw new RangeError(`it takes ${contents.length} shards, and a graph may have ${MAX_SHARDS}`);
  return contents.map((content) => ({ digest: digestOfText(content), content }));
}

/** A line that no shard can hold goes on in the next one. */
function piecesOf(line: string): string[] {
  // A character is 6 bytes at most within JSON: short lines need no measuring.
  const most = Math.floor(MAX_SHARD_BYTES / 6);
  if (line.length <= most) return [line];
  const pieces: string[] = [];
  for (let from = 0; from < line.length; ) {
    let to = Math.min(line.length, from + most);
    // Never between the two halves of a character.
    if (to < line.length && /[\uD800-\uDBFF]/.test(line[to - 1] ?? "")) to -= 1;
    pieces.push(line.slice(from, to));
    from = to;
  }
  return pieces;
}

/** FNV-1a. */
function endsBefore(line: string): boolean {
  let state = 0x811c9dc5;
  for (let index = 0; index < line.length && index < HASHED_CHARS; index += 1)
    state = Math.imul(state ^ line.charCodeAt(index), 0x01000193);
  return (state >>> 8) % ENDS_ONE_IN === 0;
}
