/**
 * The Merkle tree of RFC 6962, section 2.1: a leaf's hash is SHA-256(0x00 ‖ bytes), a node's SHA-256(0x01 ‖ left ‖ right),
 * and a tree of n leaves splits at the largest power of two below n.
 */

export type Hash = Uint8Array;
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export const HASH_BYTES = 32;

function prefixed(prefix: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const leafHash = (sha256: Sha256, bytes: Uint8Array): Hash => sha256(prefixed(0, [bytes]));
export const nodeHash = (sha256: Sha256, left: Hash, right: Hash): Hash => sha256(prefixed(1, [left, right]));

/** All that is needed of a tree to grow it: the roots of its complete subtrees, the largest first. */
export interface Frontier {
  size: number;
  roots: readonly Hash[];
}

export const EMPTY: Frontier = { size: 0, roots: [] };

/**
 * One leaf more.
 *
 * @returns the frontier after it, and the hashes that it completed: its own (level 0), then that of each subtree that ends
 *   with it, level by level
 */
export function grow(
  sha256: Sha256,
  frontier: Frontier,
  leaf: Hash,
): { frontier: Frontier; completed: Hash[] } {
  const roots = [...frontier.roots];
  const completed = [leaf];
  let hash = leaf;
  for (let rest = frontier.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    hash = nodeHash(sha256, roots.pop() as Hash, hash);
    completed.push(hash);
  }
  roots.push(hash);
  return { frontier: { size: frontier.size + 1, roots }, completed };
}

/** The tree's root; of an empty one SHA-256 of nothing. */
export function rootOf(sha256: Sha256, { roots }: Frontier): Hash {
  if (roots.length === 0) return sha256(new Uint8Array());
  return roots.reduceRight((right, left) => nodeHash(sha256, left, right));
}

/** The subtrees of a frontier by size, each `level` and `position` (the n-th of its level, from 0), the largest first. */
export function frontierNodes(size: number): { level: number; position: number }[] {
  const nodes: { level: number; position: number }[] = [];
  let begin = 0;
  for (let level = Math.floor(Math.log2(Math.max(size, 1))); level >= 0; level--) {
    const width = 2 ** level;
    if (size - begin < width) continue;
    nodes.push({ level, position: begin / width });
    begin += width;
  }
  return nodes;
}

/** The leaf that completes a subtree: its hashes hold the subtree's root at the place `level`. */
export const completedBy = (level: number, position: number): number => (position + 1) * 2 ** level - 1;
