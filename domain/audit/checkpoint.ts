import { fromBase64, toBase64 } from "./bytes.ts";
import { HASH_BYTES, type Hash } from "./merkle.ts";

/** The head of a log's tree (c2sp.org/tlog-checkpoint). */
export interface Checkpoint {
  /** Names the log: `<host>/audit/<log>`. */
  origin: string;
  size: number;
  root: Hash;
}

/** Between an append and the checkpoint over it, at most; the rule is 60 s. */
export const CHECKPOINT_AFTER_MS = 45_000;

/** The text that is signed. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** @returns undefined where the text is no checkpoint; further lines are of no concern here */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = "", size = "", encoded = ""] = text.split("\n");
  const root = fromBase64(encoded);
  if (!origin || !/^(0|[1-9][0-9]{0,14})$/.test(size) || root?.length !== HASH_BYTES) return undefined;
  return { origin, size: Number(size), root };
}

/** Where checkpoints are kept for good: names sort by the size of the tree, and one that stands is never written again. */
export const checkpointPrefix = (log: string): string => `audit/${log}/checkpoints/`;
export const checkpointName = (log: string, size: number, keyId: string): string =>
  `${checkpointPrefix(log)}${String(size).padStart(15, "0")}-${keyId}`;
