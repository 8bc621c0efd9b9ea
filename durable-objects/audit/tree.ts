import { sha256 } from "@noble/hashes/sha2.js";
import {
  completedBy,
  EMPTY,
  type Frontier,
  frontierNodes,
  grow,
  HASH_BYTES,
  type Hash,
} from "../../domain/audit/merkle.ts";

/** The tree as it is stored: it grows by leaves, and each subtree's root is one read away. */
export class StoredTree {
  readonly #sql: SqlStorage;
  #frontier: Frontier | undefined;
  #lastLeaf: Hash | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get frontier(): Frontier {
    this.#frontier ??= this.#load();
    return this.#frontier;
  }

  /** The last leaf; undefined in an empty tree. */
  get lastLeaf(): Hash | undefined {
    const { size } = this.frontier;
    if (size > 0) this.#lastLeaf ??= this.node(0, size - 1);
    return this.#lastLeaf;
  }

  append(leaf: Hash): void {
    const { frontier, completed } = grow(sha256, this.frontier, leaf);
    const hashes = new Uint8Array(completed.length * HASH_BYTES);
    for (const [level, hash] of completed.entries()) hashes.set(hash, level * HASH_BYTES);
    this.#sql.exec("INSERT INTO tree VALUES (?, ?)", this.frontier.size, hashes);
    this.#frontier = frontier;
    this.#lastLeaf = leaf;
  }

  /** Root of a complete subtree of 2^level leaves, the position-th of its level. */
  node(level: number, position: number): Hash {
    const { hash } = this.#sql
      .exec<{ hash: ArrayBuffer }>(
        `SELECT substr(hashes, ?, ${HASH_BYTES}) AS hash FROM tree WHERE idx = ?`,
        level * HASH_BYTES + 1,
        completedBy(level, position),
      )
      .one();
    return new Uint8Array(hash);
  }

  /** After a transaction that did not happen. */
  forget(): void {
    this.#frontier = undefined;
    this.#lastLeaf = undefined;
  }

  #load(): Frontier {
    const { size } = this.#sql
      .exec<{ size: number }>("SELECT COALESCE(MAX(idx), -1) + 1 AS size FROM tree")
      .one();
    if (size === 0) return EMPTY;
    return { size, roots: frontierNodes(size).map(({ level, position }) => this.node(level, position)) };
  }
}
