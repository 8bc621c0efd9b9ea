import { createReadStream } from "node:fs";
import { type Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import type { TreeLimits } from "../limits.ts";
import { invalid, type TreeBuilder, tooLarge } from "../tree.ts";
import { SourceError } from "../types.ts";

/** Headers, folders, padding and extended attributes beside the content: an archive of ours has far less. */
const MAX_OVERHEAD_BYTES = 8 * 1024 * 1024;

/** Adds the files of a tar archive, packed by gzip where `isPacked`. @throws SourceError */
export async function readTar(
  archive: { path: string; isPacked: boolean },
  tree: TreeBuilder,
  limits: TreeLimits,
  signal: AbortSignal,
): Promise<void> {
  const { path, isPacked } = archive;
  await readTarStream(createReadStream(path), isPacked, tree, limits, signal);
}

/** The same of a stream. */
export async function readTarStream(
  stream: Readable,
  isPacked: boolean,
  tree: TreeBuilder,
  limits: TreeLimits,
  signal: AbortSignal,
): Promise<void> {
  const reader = extract();
  const bounded = boundedTo(limits.maxBytes + MAX_OVERHEAD_BYTES);
  // A streamx Writable, which Node's pipeline takes.
  const end = reader as unknown as Writable;
  const piped = isPacked
    ? pipeline(stream, createGunzip(), bounded, end, { signal })
    : pipeline(stream, bounded, end, { signal });
  // Its error is the reader's error too, which the loop meets first.
  piped.catch(() => undefined);
  try {
    for await (const entry of reader) await take(entry, tree);
    await piped;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof SourceError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new SourceError("invalid", `the archive is damaged: ${message}`, { cause: error });
  }
}

type Entry = AsyncIterable<unknown> & { header: Header; resume(): unknown };

async function take(entry: Entry, tree: TreeBuilder): Promise<void> {
  const { header } = entry;
  const path = header.name.replace(/^(\.\/)+/, "");
  if (header.type === "directory") {
    entry.resume();
    return;
  }
  if (header.type !== "file" && header.type !== "contiguous-file") throw invalid(path, refusal(header));
  const put = tree.admit(path, header.size);
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  put(Buffer.concat(chunks));
}

function refusal({ type }: Header): string {
  if (type === "symlink") return "a symbolic link; a source has plain files alone";
  if (type === "link") return "a hard link; a source has plain files alone";
  return `a ${type ?? "strange entry"}; a source has plain files alone`;
}

/** A gzip bomb ends here, and so do endless headers. */
function boundedTo(max: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length;
      if (size > max) done(tooLarge(`unpacked, more than ${max} bytes`));
      else done(null, chunk);
    },
  });
}
