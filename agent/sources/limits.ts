import { z } from "zod";

const MIB = 1024 * 1024;
const count = (max: number) => z.int().min(1).max(max);

/** What an installation may set, each of its own; the upper ends keep the agent's memory bounded. */
const limitsSchema = z.strictObject({
  /** All files of a source together. */
  maxBytes: count(64 * MIB),
  maxFileBytes: count(64 * MIB),
  /** Files; folders are not counted, for none is kept without a file. */
  maxFiles: count(65_536),
  /** Folders above a file. */
  maxDepth: count(64),
  /** Of one path, in UTF-8. */
  maxPathBytes: count(1_024),
  /** What one archive, or what a git server sends, may take as it travels. */
  maxArchiveBytes: count(64 * MIB),
  /** Of one fetch, from the first byte asked to the tree. */
  timeoutMs: count(600_000),
  /** Without a byte of an answer. */
  idleMs: count(600_000),
  /** How long what a tag or a branch stands for is believed without asking. */
  tagTtlMs: count(24 * 3_600_000),
  /** Fetches over the network at a time, and of one namespace: each holds up to maxBytes in memory. */
  maxFetches: count(64),
  maxFetchesPerNamespace: count(64),
  /** Fetches from git at a time, one of a namespace, each a process that may have so much memory. */
  maxGitFetches: count(16),
  gitMemoryBytes: count(4_096 * MIB).min(96 * MIB),
  /** Trees on disk, in the content-addressed cache. */
  maxCacheBytes: count(1_024 * 1_024 * MIB),
});
export type Limits = z.infer<typeof limitsSchema>;

/** JSON of some of them. @throws Error that says which one is wrong, and how */
export function parseLimits(text: string): Partial<Limits> {
  const result = limitsSchema.partial().safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

export type TreeLimits = Pick<Limits, "maxBytes" | "maxFileBytes" | "maxFiles" | "maxDepth" | "maxPathBytes">;

/** A request to the renderer, dependencies and all, ends at 8 MiB. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 8 * MIB,
  maxFileBytes: 4 * MIB,
  maxFiles: 4_096,
  maxDepth: 32,
  maxPathBytes: 512,
  maxArchiveBytes: 16 * MIB,
  timeoutMs: 60_000,
  idleMs: 15_000,
  tagTtlMs: 60_000,
  maxFetches: 4,
  maxFetchesPerNamespace: 2,
  maxGitFetches: 2,
  gitMemoryBytes: 128 * MIB,
  maxCacheBytes: 256 * MIB,
};

/** A reference takes a block of 4 KiB: so many of them that a tenant's names cannot fill the disk. */
export const MAX_REFERENCE_BYTES = 16 * MIB;

/**
 * How much of a disk of `diskBytes` is left for trees, when each fetch that may be under way has its archives there and
 * half of that again is kept free. Zero and less: there is no room for a cache.
 */
export function cacheBytesOf(diskBytes: number, limits: Limits): number {
  const archives = limits.maxFetches * limits.maxArchiveBytes;
  return diskBytes - MAX_REFERENCE_BYTES - Math.ceil(1.5 * archives);
}
