import { sha256 } from "../../domain/canonical/index.ts";

export interface SnapshotLine {
  key: string;
  revision: number;
  digest: string;
}

/** Digest of a whole snapshot: SHA-256 over its lines `key revision digest`, sorted by key. Equal sets, equal digests. */
export function snapshotDigest(lines: SnapshotLine[]): Promise<string> {
  const sorted = lines.map(({ key, revision, digest }) => `${key} ${revision} ${digest}\n`).sort();
  return sha256(sorted.join(""));
}
