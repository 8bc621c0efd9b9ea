import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorText, type Logger } from "../../log.ts";
import type { Metrics } from "../../metrics.ts";
import { MAX_REFERENCE_BYTES } from "../limits.ts";
import { digestOf, packTree, unpackTree } from "../pack.ts";
import type { FileTree } from "../types.ts";
import { openShelf, type Shelf } from "./shelf.ts";

/** What a reference stood for when its source was last asked. */
const recordSchema = z.object({
  /** Of its files, as packTree has them: their name in the cache. */
  tree: z.string(),
  digest: z.string(),
  revision: z.string().optional(),
  /** Milliseconds since 1970. */
  askedAt: z.number(),
});
export type Remembered = z.infer<typeof recordSchema>;

/**
 * Trees by their digest, shared by all, and references by a key that says who asked with which credentials: a tree is
 * found through a reference alone. `owner`: the tenant on whose share of the room it counts. Whatever is damaged or cannot be read counts as not there; a disk that takes no
 * write costs fetches and nothing else.
 */
export interface Cache {
  find(key: string, owner: string): Promise<Remembered | undefined>;
  files(remembered: Remembered, owner: string): Promise<FileTree | undefined>;
  keep(key: string, owner: string, files: FileTree, about: Omit<Remembered, "tree">): Promise<void>;
  /** The source was asked again, and the reference stands for the same. */
  confirm(key: string, owner: string, remembered: Remembered): Promise<void>;
  /** A folder of its own for what is being fetched, on the cache's disk. */
  readonly scratch: string;
}

export interface CacheOptions {
  folder: string;
  maxBytes: number;
  now: () => number;
  log: Logger;
  metrics: Metrics;
}

export async function openCache(options: CacheOptions): Promise<Cache> {
  const { folder, metrics, log, now } = options;
  const scratch = join(folder, "scratch");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const evictions = metrics.counter(
    "kubenova_source_cache_evictions_total",
    "Trees and references dropped from the cache for room",
  );
  const damaged = metrics.counter(
    "kubenova_source_cache_damaged_total",
    "Files of the cache whose content was not what their digest says: dropped and fetched again",
  );
  const shelf = (kind: string, maxBytes: number): Promise<Shelf> =>
    openShelf({
      folder: join(folder, kind),
      claims: join(folder, `${kind}-claims`),
      scratch,
      maxBytes,
      now,
      onEvict: () => evictions.inc({ kind }),
    });
  const trees = await shelf("trees", options.maxBytes);
  const references = await shelf("references", MAX_REFERENCE_BYTES);
  metrics.gaugeOf(
    "kubenova_source_cache_bytes",
    "Disk taken by the cache",
    () => trees.bytes() + references.bytes(),
  );

  const drop = async (kind: string, from: Shelf, name: string) => {
    damaged.inc({ kind });
    log.warn("a damaged file in the cache of sources", { kind, name });
    await from.remove(name);
  };
  const writeReference = (key: string, owner: string, remembered: Remembered) =>
    references.put(nameOf(key), owner, [Buffer.from(sealed(remembered))]);
  const quietly = async (write: () => Promise<void>) => {
    try {
      await write();
    } catch (error) {
      log.warn("the cache of sources takes no write", { error: errorText(error) });
    }
  };
  return {
    scratch,
    async find(key, owner) {
      const bytes = await references.get(nameOf(key), owner);
      if (!bytes) return undefined;
      const remembered = opened(bytes.toString("utf8"));
      if (!remembered) await drop("references", references, nameOf(key));
      return remembered;
    },
    async files({ tree }, owner) {
      const bytes = await trees.get(hexOf(tree), owner);
      if (!bytes) return undefined;
      const files = digestOf([bytes]) === tree ? unpackTree(bytes) : undefined;
      if (!files) await drop("trees", trees, hexOf(tree));
      return files;
    },
    keep: (key, owner, files, about) =>
      quietly(async () => {
        const chunks = packTree(files);
        const tree = digestOf(chunks);
        await trees.put(hexOf(tree), owner, chunks);
        await writeReference(key, owner, { ...about, tree });
      }),
    confirm: (key, owner, remembered) => quietly(() => writeReference(key, owner, remembered)),
  };
}

/** Not readable from the name: a key holds a hash of credentials. */
const nameOf = (key: string): string => hexOf(digestOf([Buffer.from(key)]));
const hexOf = (digest: string): string => digest.slice(digest.indexOf(":") + 1);

/** The digest of the rest on the first line. */
function sealed(remembered: Remembered): string {
  const text = JSON.stringify(remembered);
  return `${digestOf([Buffer.from(text)])}\n${text}`;
}

function opened(text: string): Remembered | undefined {
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  if (end < 0 || digestOf([Buffer.from(body)]) !== text.slice(0, end)) return undefined;
  return recordSchema.safeParse(JSON.parse(body)).data;
}
