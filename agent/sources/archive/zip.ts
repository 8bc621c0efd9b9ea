import { type Entry, openPromise, type ZipFile } from "yauzl";
import type { TreeLimits } from "../limits.ts";
import { invalid, type TreeBuilder, tooLarge } from "../tree.ts";
import { SourceError } from "../types.ts";

/** Folders may have entries of their own: so many more than files. */
const ENTRIES_PER_FILE = 4;
/** In the upper half of the external attributes, where a Unix made the entry; 0 where it says nothing. */
const UNIX_TYPE = 0o170_000;
const UNIX_FILE = 0o100_000;

/** Adds the files of a zip archive, which CUE modules are. @throws SourceError */
export async function readZip(
  path: string,
  tree: TreeBuilder,
  limits: TreeLimits,
  signal: AbortSignal,
): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false, strictFileNames: true });
    if (zip.entryCount > ENTRIES_PER_FILE * limits.maxFiles)
      throw tooLarge(`more than ${limits.maxFiles} files`);
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      if (!entry.fileName.endsWith("/")) await take(zip, entry, tree);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof SourceError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new SourceError("invalid", `the zip is damaged: ${message}`, { cause: error });
  } finally {
    zip?.close();
  }
}

/** yauzl ends a stream with an error where its bytes are not as many as the entry says. */
async function take(zip: ZipFile, entry: Entry, tree: TreeBuilder): Promise<void> {
  const type = (entry.externalFileAttributes >>> 16) & UNIX_TYPE;
  if (type !== 0 && type !== UNIX_FILE) {
    throw invalid(entry.fileName, "not a plain file; a source has plain files alone");
  }
  if (entry.isEncrypted()) throw invalid(entry.fileName, "encrypted");
  const put = tree.admit(entry.fileName, entry.uncompressedSize);
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  put(Buffer.concat(chunks));
}
