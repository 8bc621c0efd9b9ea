import { UPKEEP_EVERY_MS } from "../../domain/audit/bundle.ts";
import type { Env } from "../../worker/env.ts";
import { retentionDaysOf } from "../../worker/store/audit-settings.ts";
import { directory } from "../../worker/store/database.ts";
import type { LeafAt, UpkeepState } from "../rpc.ts";
import { Archive } from "./archive.ts";
import { Mover } from "./mover.ts";
import type { StoredTree } from "./tree.ts";
import { WormExport } from "./worm.ts";

/** After a round that failed: a bucket that holds something else does not mend within seconds. */
const RETRY_MS = 10 * 60_000;

interface Kept {
  /** No round before. */
  notBefore: number;
  error: string | null;
}

/** What a log does once a day beside taking entries: moves old ones, deletes expired ones, writes new ones where nobody can change them. */
export class Upkeep {
  readonly #env: Env;
  readonly #log: string;
  readonly #kv: SyncKvStorage;
  readonly #tree: StoredTree;
  readonly archive: Archive;
  readonly #mover: Mover;
  readonly #worm: WormExport | undefined;

  constructor(
    env: Env,
    log: string,
    storage: DurableObjectStorage,
    tree: StoredTree,
    read: (from: number, limit: number) => Promise<LeafAt[]>,
  ) {
    this.#env = env;
    this.#log = log;
    this.#kv = storage.kv;
    this.#tree = tree;
    this.archive = new Archive(storage.sql, env.ARCHIVE, tree);
    this.#mover = new Mover(storage, env.ARCHIVE, log);
    this.#worm = env.AUDIT_WORM && new WormExport(storage.kv, env.AUDIT_WORM, log, read);
  }

  /**
   * When there is something to do; null where nothing is to come. What is archived is looked at daily: its retention may
   * be a plan's, and who changes that tells no log.
   */
  dueAt(): number | null {
    const { notBefore } = this.#kept;
    const times = [
      this.#mover.dueAt(),
      this.#worm?.dueAt(this.#tree.frontier.size) ?? null,
      this.archive.oldestNewestAt() === null ? null : notBefore,
    ].filter((at) => at !== null);
    return times.length > 0 ? Math.max(Math.min(...times), notBefore) : null;
  }

  /** Never throws: what fails is told of, and tried again. @param now milliseconds since 1970 */
  async run(now: number): Promise<void> {
    const dueAt = this.dueAt();
    if (dueAt === null || dueAt > now) return;
    try {
      const retentionDays = await retentionDaysOf(directory(this.#env), this.#log);
      const more = await this.#mover.moveDue(now);
      await this.#mover.deleteExpired(retentionDays, now);
      await this.#worm?.run(this.#tree.frontier.size, now);
      this.#keep({ notBefore: more ? now : now + UPKEEP_EVERY_MS, error: null });
    } catch (error) {
      console.error(
        JSON.stringify({ message: "an audit log's upkeep failed", log: this.#log, error: String(error) }),
      );
      this.#keep({ notBefore: now + RETRY_MS, error: String(error).slice(0, 512) });
    }
  }

  /** The retention was set anew: the next round reads it. */
  changed(): void {
    this.#keep({ ...this.#kept, notBefore: 0 });
  }

  state(): UpkeepState {
    return {
      archived: this.archive.size(),
      worm: this.#worm ? this.#worm.progress.size : null,
      error: this.#kept.error,
    };
  }

  get #kept(): Kept {
    return this.#kv.get<Kept>("upkeep") ?? { notBefore: 0, error: null };
  }

  #keep(kept: Kept): void {
    this.#kv.put<Kept>("upkeep", kept);
  }
}
