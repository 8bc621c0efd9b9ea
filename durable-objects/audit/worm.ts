import { bundleOf, bundleText, UPKEEP_EVERY_MS, wormName } from "../../domain/audit/bundle.ts";
import type { LeafAt } from "../rpc.ts";
import { writeOnce } from "./write-once.ts";

/** Objects that one round writes at most. */
const OBJECTS_A_ROUND = 20;

interface Progress {
  /** Leaves that stand in the bucket. */
  size: number;
  /** End of the range that is being written: after a crash the same range is written. */
  until: number | null;
  /** When the next round is due, in milliseconds since 1970. */
  nextAt: number;
}

/** Writes a log, range by range, into a bucket whose objects nobody can change or delete for as long as its lock says. */
export class WormExport {
  readonly #kv: SyncKvStorage;
  readonly #bucket: R2Bucket;
  readonly #log: string;
  readonly #read: (from: number, limit: number) => Promise<LeafAt[]>;

  constructor(
    kv: SyncKvStorage,
    bucket: R2Bucket,
    log: string,
    read: (from: number, limit: number) => Promise<LeafAt[]>,
  ) {
    this.#kv = kv;
    this.#bucket = bucket;
    this.#log = log;
    this.#read = read;
  }

  get progress(): Progress {
    return this.#kv.get<Progress>("worm") ?? { size: 0, until: null, nextAt: 0 };
  }

  /** When the next round is due; null where all `size` leaves stand in the bucket. */
  dueAt(size: number): number | null {
    const { size: written, nextAt } = this.progress;
    return written < size ? nextAt : null;
  }

  /**
   * Writes what is new, once a day.
   * @param size of the log @throws WrittenOtherwise where the bucket holds something else under a range's name
   */
  async run(size: number, now: number): Promise<void> {
    let { size: written, until, nextAt } = this.progress;
    if (now < nextAt) return;
    for (let n = 0; n < OBJECTS_A_ROUND && written < size; n++) {
      const leaves = bundleOf(await this.#read(written, (until ?? size) - written));
      const [first, last] = [leaves[0]?.index, leaves.at(-1)?.index];
      if (first === undefined || last === undefined) break;
      this.#kv.put<Progress>("worm", { size: written, until: last + 1, nextAt });
      const text = bundleText(leaves.map(({ leaf }) => leaf));
      await writeOnce(this.#bucket, wormName(this.#log, first, last), text, { log: this.#log });
      written = last + 1;
      until = null;
      this.#kv.put<Progress>("worm", { size: written, until, nextAt });
    }
    nextAt = written < size ? now : now + UPKEEP_EVERY_MS;
    this.#kv.put<Progress>("worm", { size: written, until, nextAt });
  }
}
