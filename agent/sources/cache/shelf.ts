import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { mark, whatIsThere } from "./claims.ts";
import { createShares } from "./shares.ts";

/** emptyDir's limit and `du` count blocks, not bytes. */
const BLOCK_BYTES = 4_096;
/** A tenant or a module that is no more keeps nothing from others for longer. */
const UNUSED_MS = 30 * 24 * 3_600_000;

export interface ShelfOptions {
  folder: string;
  /** Empty files, `<name>.<owner>`: who needs what, and when they last did. */
  claims: string;
  /** On the same file system as `folder`. Emptied by whoever owns it: what a dead process left in it is half written. */
  scratch: string;
  maxBytes: number;
  /** Milliseconds since 1970. */
  now: () => number;
  onEvict: (name: string) => void;
}

/**
 * A folder of whole files, each with the owners that need it. Where there are too many bytes the owner that has most loses
 * what it has not used for longest (shares.ts). Never verifies: its users do.
 */
export interface Shelf {
  has(name: string): boolean;
  /** Whoever gets a file needs it from then on. */
  get(name: string, owner: string): Promise<Buffer | undefined>;
  put(name: string, owner: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(name: string): Promise<void>;
  bytes(): number;
}

export async function openShelf(options: ShelfOptions): Promise<Shelf> {
  const { folder, claims, maxBytes, now } = options;
  for (const one of [folder, claims]) await mkdir(one, { recursive: true, mode: 0o700 });
  const shares = createShares({ claimSize: BLOCK_BYTES, unusedMs: UNUSED_MS });
  const markOf = (owner: string, name: string) => join(claims, `${name}.${owner}`);
  const gone = (path: string) => rm(path, { force: true });

  // The file before its marks: a mark of nothing is no harm, and a file that nobody needs would never go.
  const remove = async (name: string) => {
    const claimants = shares.claimants(name);
    for (const owner of claimants) shares.release(owner, name);
    await gone(join(folder, name));
    for (const owner of claimants) await gone(markOf(owner, name));
  };
  const shrink = async () => {
    while (shares.total() > maxBytes) {
      const next = shares.next(now());
      if (!next) return;
      shares.release(next.owner, next.name);
      if (!shares.has(next.name)) {
        await gone(join(folder, next.name));
        options.onEvict(next.name);
      }
      await gone(markOf(next.owner, next.name));
    }
  };
  /** So that owners and order survive a restart; nothing is wrong where they do not. */
  const noteOnDisk = async (owner: string, name: string) => {
    await mark(markOf(owner, name), new Date(now())).catch(() => undefined);
    if (!shares.isClaimed(owner, name)) await gone(markOf(owner, name));
  };
  for (const { name, bytes, owner, usedAt } of await whatIsThere(folder, claims)) {
    shares.claim(owner, name, blocks(bytes), usedAt);
  }
  await shrink();

  return {
    has: shares.has,
    remove,
    bytes: shares.total,
    async get(name, who) {
      if (!shares.has(name)) return undefined;
      const owner = idOf(who);
      try {
        const data = await readFile(join(folder, name));
        shares.touch(owner, name, now());
        await noteOnDisk(owner, name);
        await shrink();
        return data;
      } catch {
        await remove(name);
        return undefined;
      }
    },
    async put(name, who, chunks) {
      const owner = idOf(who);
      const size = blocks(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      if (size > maxBytes) return;
      const fresh = join(options.scratch, randomBytes(8).toString("hex"));
      await writeWhole(fresh, join(folder, name), chunks);
      shares.claim(owner, name, size, now());
      await noteOnDisk(owner, name);
      await shrink();
    },
  };
}

/** A reader sees the old file or the new one. No fsync: whoever reads verifies, and a torn file is fetched again. */
async function writeWhole(fresh: string, path: string, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    const file = await open(fresh, "wx", 0o600);
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Of a fixed length, without a dot, whatever an owner is called. */
const idOf = (owner: string): string => createHash("sha256").update(owner).digest("hex").slice(0, 32);

const blocks = (bytes: number): number => Math.max(1, Math.ceil(bytes / BLOCK_BYTES)) * BLOCK_BYTES;
