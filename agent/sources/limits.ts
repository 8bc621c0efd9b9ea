/** How large a source may be. Each has a test of the largest that is taken and of one more. */
export interface TreeLimits {
  /** All files together. */
  maxBytes: number;
  maxFileBytes: number;
  /** Files; folders are not counted, for none is kept without a file. */
  maxFiles: number;
  /** Folders above a file. */
  maxDepth: number;
  /** Of one path, in UTF-8. */
  maxPathBytes: number;
}

export interface Limits extends TreeLimits {
  /** What one archive may take as it travels. */
  maxArchiveBytes: number;
  /** From the first byte asked to the tree: of one fetch. */
  timeoutMs: number;
  /** Without a byte of an answer. */
  idleMs: number;
  /** Of the process that fetches from git, which holds what came, packed and unpacked. */
  gitMemoryBytes: number;
  /** Fetches over the network at a time, and of one namespace: each holds up to maxBytes in memory. */
  maxFetches: number;
  maxFetchesPerNamespace: number;
  /** How long what a tag or a branch stands for is believed without asking. */
  tagTtlMs: number;
  /** On disk, in the content-addressed cache. */
  maxCacheBytes: number;
}

const MIB = 1024 * 1024;

/** The largest CUE modules known (the schemas of Kubernetes) are about 10 MiB; the renderer's paths end at 1,024. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 16 * MIB,
  maxFileBytes: 8 * MIB,
  maxFiles: 4_096,
  maxDepth: 32,
  maxPathBytes: 512,
  maxArchiveBytes: 16 * MIB,
  timeoutMs: 60_000,
  idleMs: 15_000,
  gitMemoryBytes: 256 * MIB,
  maxFetches: 4,
  maxFetchesPerNamespace: 2,
  tagTtlMs: 60_000,
  maxCacheBytes: 256 * MIB,
};
