import { type SnapshotLine, snapshotDigest } from "../../protocol/tunnel/snapshot.ts";

/**
 * Bookkeeping of one snapshot: names and digests, no bodies. Its documents are written as they come, since an upsert is
 * always safe; what it lacks is known only when it is complete.
 */
export interface Snapshot {
  readonly id: string;
  readonly epochId: string;
  readonly seq: number;
  /** Keys that changed after the snapshot was taken: it says nothing about them. */
  readonly touched: Set<string>;
  readonly keys: ReadonlySet<string>;
  add(line: SnapshotLine): void;
  /** Whether what came is what was sent. */
  matches(end: { epochId: string; seq: number; count: number; digest: string }): Promise<boolean>;
}

export function beginSnapshot(begin: { snapshot: string; epochId: string; seq: number }): Snapshot {
  const lines = new Map<string, SnapshotLine>();
  const keys = new Set<string>();
  const { snapshot: id, epochId, seq } = begin;
  let repeated = false;
  return {
    id,
    epochId,
    seq,
    touched: new Set(),
    keys,
    add(line) {
      repeated ||= lines.has(line.key);
      lines.set(line.key, { key: line.key, revision: line.revision, digest: line.digest });
      keys.add(line.key);
    },
    async matches(end) {
      if (repeated || end.epochId !== epochId || end.seq !== seq || end.count !== lines.size) return false;
      return (await snapshotDigest([...lines.values()])) === end.digest;
    },
  };
}

/** A live custom resource of ours, as far as deletion by absence is concerned. */
export interface Present {
  key: string;
  /** Epoch that it was last written in. */
  epochId: string;
}

export type Fate = "keep" | "orphan" | "delete";

/**
 * What becomes of a live object after a complete snapshot. Deleted is only what a snapshot of an epoch lacks that the
 * agent knew before, and that wrote the object itself; everything else that it lacks is reported and stays.
 * @param knownEpochId the epoch of the agent's stored state before this snapshot; undefined where it had none
 */
export function fateOf(present: Present, snapshot: Snapshot, knownEpochId: string | undefined): Fate {
  if (snapshot.keys.has(present.key) || snapshot.touched.has(present.key)) return "keep";
  const known = knownEpochId === snapshot.epochId && present.epochId === snapshot.epochId;
  return known ? "delete" : "orphan";
}
