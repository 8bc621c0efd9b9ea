import { sha256 } from "@noble/hashes/sha2.js";
import { bundleLeaves } from "../../domain/audit/bundle.ts";
import { leafHash } from "../../domain/audit/merkle.ts";
import { sameHash } from "../../domain/audit/proof.ts";
import type { LeafAt } from "../rpc.ts";
import type { StoredTree } from "./tree.ts";

interface Bundle extends Record<string, SqlStorageValue> {
  first: number;
  last: number;
  name: string;
}

/** What R2 gave back is not what the tree says. */
export class ArchiveChanged extends Error {}

/**
 * Old entries of one log, as they are read: they stand in immutable bundles in R2, while the tree keeps all their hashes,
 * and an index their ids. What is read from a bundle is held against the tree.
 */
export class Archive {
  readonly #sql: SqlStorage;
  readonly #bucket: R2Bucket;
  readonly #tree: StoredTree;

  constructor(sql: SqlStorage, bucket: R2Bucket, tree: StoredTree) {
    this.#sql = sql;
    this.#bucket = bucket;
    this.#tree = tree;
  }

  /** When the last entry of the oldest bundle was appended; null where there is no bundle. */
  oldestNewestAt(): number | null {
    const [oldest] = this.#sql
      .exec<{ at: number }>(
        "SELECT newest_at AS at FROM bundles WHERE deleted_at IS NULL ORDER BY first LIMIT 1",
      )
      .toArray();
    return oldest?.at ?? null;
  }

  /** Index of the first entry that was appended at a time or later; undefined where no bundle has one. */
  firstAt(at: number): number | undefined {
    return this.#bundleAt(at)?.first;
  }

  /** An index that all entries before a time are below; undefined where no bundle reaches to it. */
  endAt(at: number): number | undefined {
    const bundle = this.#bundleAt(at);
    return bundle && bundle.last + 1;
  }

  #bundleAt(at: number): Bundle | undefined {
    return this.#sql
      .exec<Bundle>("SELECT first, last, name FROM bundles WHERE newest_at >= ? ORDER BY first LIMIT 1", at)
      .toArray()[0];
  }

  /** Entries that stand in bundles. */
  size(): number {
    return this.#sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM archived").one().n;
  }

  /** @throws ArchiveChanged where R2 does not give what was moved there */
  async find(id: string): Promise<LeafAt | null> {
    const [at] = this.#sql.exec<{ idx: number }>("SELECT idx FROM archived WHERE id = ?", id).toArray();
    if (!at) return null;
    const [found] = await this.leaves(at.idx, 1);
    return found?.index === at.idx ? found : null;
  }

  /**
   * Leaves from an index on, of the one bundle that the next of them is in: `limit` at most. None where no bundle reaches so
   * far; those that are past their retention are left out.
   * @throws ArchiveChanged where R2 does not give what was moved there
   */
  async leaves(from: number, limit: number): Promise<LeafAt[]> {
    const [bundle] = this.#sql
      .exec<Bundle>(
        "SELECT first, last, name FROM bundles WHERE last >= ? AND deleted_at IS NULL ORDER BY first LIMIT 1",
        from,
      )
      .toArray();
    if (!bundle) return [];
    const { first, last, name } = bundle;
    const leaves = bundleLeaves((await (await this.#bucket.get(name))?.text()) ?? "");
    if (leaves.length !== last - first + 1) throw new ArchiveChanged(`${name} has not all of its entries`);
    const begin = Math.max(from - first, 0);
    return leaves.slice(begin, begin + limit).map((leaf, i) => this.#checked(first + begin + i, leaf, name));
  }

  #checked(index: number, leaf: string, name: string): LeafAt {
    if (!sameHash(leafHash(sha256, new TextEncoder().encode(leaf)), this.#tree.node(0, index)))
      throw new ArchiveChanged(`entry ${index} of ${name} is not what was hashed`);
    return { index, leaf };
  }
}
