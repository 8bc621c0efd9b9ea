import { type Hash, nodeHash, type Sha256 } from "./merkle.ts";

/** Proofs of RFC 6962, sections 2.1.1 and 2.1.2, over a tree whose complete subtrees can be read. */

/** Root of the complete subtree of 2^level leaves, the position-th of its level. */
export type ReadNode = (level: number, position: number) => Hash;

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root of the leaves from `begin` up to `end`; `begin` is a multiple of their number, rounded up to a power of two. */
export function rangeRoot(sha256: Sha256, read: ReadNode, begin: number, end: number): Hash {
  const width = end - begin;
  const level = Math.log2(width);
  if (Number.isInteger(level)) return read(level, begin / width);
  const k = split(width);
  return nodeHash(sha256, rangeRoot(sha256, read, begin, begin + k), rangeRoot(sha256, read, begin + k, end));
}

/** That a leaf stands at an index of the tree of `size` leaves. @param index below size */
export function inclusionProof(sha256: Sha256, read: ReadNode, index: number, size: number): Hash[] {
  const path = (begin: number, end: number): Hash[] => {
    if (end - begin === 1) return [];
    const middle = begin + split(end - begin);
    return index < middle
      ? [...path(begin, middle), rangeRoot(sha256, read, middle, end)]
      : [...path(middle, end), rangeRoot(sha256, read, begin, middle)];
  };
  return path(0, size);
}

/** That the tree of `from` leaves is the beginning of the one of `to`. @param from 1 to `to`; of an empty tree nothing is to prove */
export function consistencyProof(sha256: Sha256, read: ReadNode, from: number, to: number): Hash[] {
  const path = (begin: number, end: number, whole: boolean): Hash[] => {
    if (from === end) return whole ? [] : [rangeRoot(sha256, read, begin, end)];
    const middle = begin + split(end - begin);
    return from <= middle
      ? [...path(begin, middle, whole), rangeRoot(sha256, read, middle, end)]
      : [...path(middle, end, false), rangeRoot(sha256, read, begin, middle)];
  };
  return from === 0 ? [] : path(0, to, true);
}

export const sameHash = (a: Hash, b: Hash): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162, section 2.1.3.2. */
export function verifyInclusion(
  sha256: Sha256,
  { index, size, leaf, proof, root }: { index: number; size: number; leaf: Hash; proof: Hash[]; root: Hash },
): boolean {
  if (index >= size) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sha256, sibling, hash);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) sn = half(sn);
    } else {
      hash = nodeHash(sha256, hash, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(hash, root);
}

interface Head {
  size: number;
  root: Hash;
}

/** RFC 9162, section 2.1.4.2. */
export function verifyConsistency(sha256: Sha256, from: Head, to: Head, proof: readonly Hash[]): boolean {
  if (from.size > to.size) return false;
  if (from.size === to.size) return proof.length === 0 && sameHash(from.root, to.root);
  if (from.size === 0) return proof.length === 0;
  const path = Number.isInteger(Math.log2(from.size)) ? [from.root, ...proof] : proof;
  const [first, ...rest] = path;
  if (!first) return false;
  let [fn, sn] = [from.size - 1, to.size - 1];
  for (; fn % 2 === 1; fn = half(fn)) sn = half(sn);
  let [older, newer] = [first, first];
  for (const hash of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      older = nodeHash(sha256, hash, older);
      newer = nodeHash(sha256, hash, newer);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) sn = half(sn);
    } else {
      newer = nodeHash(sha256, newer, hash);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(older, from.root) && sameHash(newer, to.root);
}
