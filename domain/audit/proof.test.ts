import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex } from "./bytes.ts";
import { type Hash, leafHash, nodeHash } from "./merkle.ts";
import { consistencyProof, inclusionProof, rangeRoot, verifyConsistency, verifyInclusion } from "./proof.ts";

const utf8 = new TextEncoder();
const leavesOf = (size: number): Hash[] =>
  Array.from({ length: size }, (_, i) => leafHash(sha256, utf8.encode(`leaf ${i}`)));

/** Complete subtrees, worked out each time from the leaves. */
const reader = (leaves: readonly Hash[]) => {
  const read = (level: number, position: number): Hash =>
    level === 0
      ? (leaves[position] as Hash)
      : nodeHash(sha256, read(level - 1, 2 * position), read(level - 1, 2 * position + 1));
  return read;
};
const rootAt = (leaves: readonly Hash[], size: number): Hash =>
  size === 0 ? sha256(new Uint8Array()) : rangeRoot(sha256, reader(leaves), 0, size);

/** Vectors of certificate-transparency's own tests. */
const PUBLISHED = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const published = PUBLISHED.map((leaf) => leafHash(sha256, hexToBytes(leaf)));
const L1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const L23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const R4 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const L67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const L0123 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const L45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const L01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";

describe("an inclusion proof", () => {
  it.each([
    [0, 1, []],
    [0, 8, [L1, L23, R4]],
    [5, 8, [L4, L67, L0123]],
    [2, 3, [L01]],
  ])("of leaf %i in a tree of %i is the published one", (index, size, proof) => {
    expect(inclusionProof(sha256, reader(published), index, size).map(hex)).toEqual(proof);
  });

  it("holds for its leaf, index, size and root, and for nothing else", () => {
    const sizes = fc.integer({ min: 1, max: 130 });
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, pick, other) => {
        const leaves = leavesOf(size);
        const index = pick % size;
        const proof = inclusionProof(sha256, reader(leaves), index, size);
        const claim = { index, size, leaf: leaves[index] as Hash, proof, root: rootAt(leaves, size) };
        expect(verifyInclusion(sha256, claim)).toBe(true);
        const wrong = leafHash(sha256, utf8.encode("another"));
        expect(verifyInclusion(sha256, { ...claim, leaf: wrong })).toBe(false);
        expect(verifyInclusion(sha256, { ...claim, root: wrong })).toBe(false);
        expect(verifyInclusion(sha256, { ...claim, index: size })).toBe(false);
        expect(verifyInclusion(sha256, { ...claim, proof: [...proof, wrong] })).toBe(false);
        const elsewhere = other % size;
        if (elsewhere !== index) expect(verifyInclusion(sha256, { ...claim, index: elsewhere })).toBe(false);
        const at = other % Math.max(proof.length, 1);
        const spoilt = proof.map((hash, i) => (i === at ? wrong : hash));
        if (proof.length > 0) expect(verifyInclusion(sha256, { ...claim, proof: spoilt })).toBe(false);
        if (proof.length > 0)
          expect(verifyInclusion(sha256, { ...claim, proof: proof.slice(1) })).toBe(false);
      }),
    );
  });
});

describe("a consistency proof", () => {
  it.each([
    [1, 1, []],
    [1, 8, [L1, L23, R4]],
    [6, 8, [L45, L67, L0123]],
    [2, 5, [L23, L4]],
  ])("from %i to %i is the published one", (from, to, proof) => {
    expect(consistencyProof(sha256, reader(published), from, to).map(hex)).toEqual(proof);
  });

  it("holds where the one tree is the beginning of the other, and nowhere else", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.nat(), fc.nat(), (to, pick, spoil) => {
        const leaves = leavesOf(to);
        const from = pick % (to + 1);
        const proof = consistencyProof(sha256, reader(leaves), from, to);
        const older = { size: from, root: rootAt(leaves, from) };
        const newer = { size: to, root: rootAt(leaves, to) };
        expect(verifyConsistency(sha256, older, newer, proof)).toBe(true);
        if (from === 0) return;
        const changed = leaves.with(spoil % from, leafHash(sha256, utf8.encode("rewritten")));
        const rebuilt = { size: to, root: rootAt(changed, to) };
        const itsProof = consistencyProof(sha256, reader(changed), from, to);
        expect(verifyConsistency(sha256, older, rebuilt, itsProof)).toBe(false);
        expect(verifyConsistency(sha256, older, rebuilt, proof)).toBe(false);
        expect(verifyConsistency(sha256, newer, older, proof)).toBe(from === to);
        expect(verifyConsistency(sha256, older, newer, [...proof, older.root])).toBe(false);
      }),
    );
  });
});
