import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex } from "./bytes.ts";
import {
  completedBy,
  EMPTY,
  type Frontier,
  frontierNodes,
  grow,
  type Hash,
  leafHash,
  nodeHash,
  rootOf,
} from "./merkle.ts";

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256(new Uint8Array());
  if (leaves.length === 1) return leaves[0] as Hash;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(sha256, naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

/** The leaves of certificate-transparency's own tests, and the root of each of their first n. */
const PUBLISHED_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const PUBLISHED_ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const leavesOf = (size: number): Hash[] =>
  Array.from({ length: size }, (_, i) => leafHash(sha256, new TextEncoder().encode(`leaf ${i}`)));

describe("a Merkle tree", () => {
  it("has the published roots", () => {
    let frontier: Frontier = EMPTY;
    const roots = [hex(rootOf(sha256, frontier))];
    for (const leaf of PUBLISHED_LEAVES) {
      frontier = grow(sha256, frontier, leafHash(sha256, hexToBytes(leaf))).frontier;
      roots.push(hex(rootOf(sha256, frontier)));
    }
    expect(roots).toEqual(PUBLISHED_ROOTS);
  });

  it("grows leaf by leaf to the root that the definition gives, and completes each subtree once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), (size) => {
        const leaves = leavesOf(size);
        let frontier: Frontier = EMPTY;
        for (const [i, leaf] of leaves.entries()) {
          const grown = grow(sha256, frontier, leaf);
          for (const [level, hash] of grown.completed.entries()) {
            const width = 2 ** level;
            const position = (i + 1) / width - 1;
            expect(completedBy(level, position)).toBe(i);
            expect(hash).toEqual(naiveRoot(leaves.slice(i + 1 - width, i + 1)));
          }
          frontier = grown.frontier;
        }
        expect(frontier.size).toBe(size);
        expect(rootOf(sha256, frontier)).toEqual(naiveRoot(leaves));
        const roots = frontierNodes(size).map(({ level, position }) =>
          naiveRoot(leaves.slice(position * 2 ** level, (position + 1) * 2 ** level)),
        );
        expect(frontier.roots).toEqual(roots);
      }),
    );
  });
});
