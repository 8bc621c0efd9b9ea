import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64 } from "../../domain/audit/bytes.ts";
import { consistencyProof, inclusionProof, rangeRoot } from "../../domain/audit/proof.ts";
import type { ConsistencyProof, InclusionProof } from "../rpc.ts";
import type { StoredTree } from "./tree.ts";

/** Proofs over the stored tree, each of as many hashes as the tree has levels. */
export class Proofs {
  readonly #tree: StoredTree;
  readonly #read = (level: number, position: number) => this.#tree.node(level, position);

  constructor(tree: StoredTree) {
    this.#tree = tree;
  }

  inclusion(index: number, size: number): InclusionProof | null {
    if (index >= size || size > this.#tree.frontier.size) return null;
    return {
      index,
      size,
      leafHash: toBase64(this.#read(0, index)),
      rootHash: this.#rootAt(size),
      proof: inclusionProof(sha256, this.#read, index, size).map(toBase64),
    };
  }

  /** Hashes of the leaves themselves, from an index on. */
  leafHashes(from: number, limit: number): string[] {
    const count = Math.max(Math.min(limit, this.#tree.frontier.size - from), 0);
    return Array.from({ length: count }, (_, i) => toBase64(this.#read(0, from + i)));
  }

  consistency(from: number, to: number): ConsistencyProof | null {
    if (from < 1 || from > to || to > this.#tree.frontier.size) return null;
    return {
      from,
      to,
      fromHash: this.#rootAt(from),
      toHash: this.#rootAt(to),
      proof: consistencyProof(sha256, this.#read, from, to).map(toBase64),
    };
  }

  #rootAt = (size: number): string => toBase64(rangeRoot(sha256, this.#read, 0, size));
}
