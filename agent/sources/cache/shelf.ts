import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** emptyDir's limit and `du` count blocks, not bytes. */
const BLOCK_BYTES = 4_096;

export interface ShelfOptions {
  folder: string;
  /** On the same file system as `folder`. Emptied by whoever owns it: what a dead process left in it is half written. */
  scratch: string;
  maxBytes: number;
  /** Milliseconds since 1970. */
  now: () => number;
  onEvict: (name: string) => void;
}

/** A folder of whole files, of which the longest unused ones go when there are too many bytes. Never verifies: its users do. */
export interface Shelf {
  has(name: string): boolean;
  names(): string[];
  get(name: string): Promise<Buffer | undefined>;
  put(name: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(name: string): Promise<void>;
  bytes(): number;
}

export async function openShelf(options: ShelfOptions): Promise<Shelf> {
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  /** Sizes by name, the longest unused first. */
  const sizes = new Map<string, number>();
  let total = 0;

  const forget = (name: string) => {
    total -= sizes.get(name) ?? 0;
    sizes.delete(name);
  };
  const note = (name: string, bytes: number) => {
    forget(name);
    sizes.set(name, bytes);
    total += bytes;
  };
  const remove = async (name: string) => {
    forget(name);
    await rm(join(folder, name), { force: true });
  };
  const shrink = async (keep?: string) => {
    for (const name of sizes.keys()) {
      if (total <= options.maxBytes) return;
      if (name === keep) continue;
      await remove(name);
      options.onEvict(name);
    }
  };
  for (const { name, bytes } of await onDisk(folder)) note(name, bytes);
  await shrink();

  return {
    has: (name) => sizes.has(name),
    names: () => [...sizes.keys()],
    remove,
    bytes: () => total,
    async get(name) {
      const bytes = sizes.get(name);
      if (bytes === undefined) return undefined;
      try {
        const data = await readFile(join(folder, name));
        note(name, bytes);
        // So that the order survives a restart; nothing is wrong where it does not.
        const at = new Date(options.now());
        await utimes(join(folder, name), at, at).catch(() => undefined);
        return data;
      } catch {
        forget(name);
        return undefined;
      }
    },
    async put(name, chunks) {
      const size = blocks(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      if (size > options.maxBytes) return;
      const fresh = join(options.scratch, randomBytes(8).toString("hex"));
      await writeWhole(fresh, join(folder, name), chunks, new Date(options.now()));
      note(name, size);
      await shrink(name);
    },
  };
}

/** A reader sees the old file or the new one. No fsync: whoever reads verifies, and a torn file is fetched again. */
async function writeWhole(
  fresh: string,
  path: string,
  chunks: readonly Uint8Array[],
  at: Date,
): Promise<void> {
  try {
    const file = await open(fresh, "wx", 0o600);
    try {
      for (const chunk of chunks) await file.writeFile(chunk);
      await file.utimes(at, at);
    } finally {
      await file.close();
    }
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
}

async function onDisk(folder: string): Promise<{ name: string; bytes: number }[]> {
  const found: { name: string; bytes: number; usedAt: number }[] = [];
  for (const name of await readdir(folder)) {
    const { size, mtimeMs } = await stat(join(folder, name));
    found.push({ name, bytes: blocks(size), usedAt: mtimeMs });
  }
  return found.sort((a, b) => a.usedAt - b.usedAt);
}

const blocks = (bytes: number): number => Math.max(1, Math.ceil(bytes / BLOCK_BYTES)) * BLOCK_BYTES;
