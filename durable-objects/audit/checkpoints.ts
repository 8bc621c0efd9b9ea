import { sha256 } from "@noble/hashes/sha2.js";
import { type Checkpoint, checkpointName, formatCheckpoint } from "../../domain/audit/checkpoint.ts";
import { rootOf } from "../../domain/audit/merkle.ts";
import { rangeRoot, sameHash } from "../../domain/audit/proof.ts";
import { signNote } from "../../domain/audit/signed-note.ts";
import { type LogKey, logKeys, originOf } from "../../worker/audit/signers.ts";
import { inTime } from "../../worker/bounded.ts";
import type { Env } from "../../worker/env.ts";
import { metricsStub } from "../../worker/store/database.ts";
import { checkpointOf, keptFrom, lastKept } from "./last-kept.ts";
import type { StoredTree } from "./tree.ts";

/** The log is not what a checkpoint of it says: somebody has changed it. Nothing is signed any more. */
export class Inconsistent extends Error {}

interface Newest {
  note: string;
  size: number;
  /** Name of the object that holds it. */
  name: string;
}

/** Signs the heads of one log's tree, and keeps each for good in R2. */
export class Checkpoints {
  readonly #env: Env;
  readonly #log: string;
  readonly #kv: SyncKvStorage;
  readonly #tree: StoredTree;
  #running: Promise<Newest> | undefined;

  constructor(env: Env, log: string, kv: SyncKvStorage, tree: StoredTree) {
    this.#env = env;
    this.#log = log;
    this.#kv = kv;
    this.#tree = tree;
  }

  /** Whether entries stand in the log that no checkpoint covers. */
  get isBehind(): boolean {
    return this.#tree.frontier.size > (this.#newest?.size ?? 0);
  }

  /** Fixed with the first checkpoint: under another name it would be another log. */
  get origin(): string {
    return this.#kv.get<string>("origin") ?? originOf(this.#env, this.#log);
  }

  get #newest(): Newest | undefined {
    return this.#kv.get<Newest>("checkpoint");
  }

  /**
   * The newest checkpoint, signed by every key of the ring; made now where entries stand in the log that none covers.
   * @throws Inconsistent where the log does not continue what was signed before
   */
  async sign(): Promise<Newest> {
    this.#running ??= this.#sign()
      .catch(async (error: unknown) => {
        if (error instanceof Inconsistent) await this.#tell(error);
        throw error;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** Somebody must look: a line in the program's log, and a metric to alert on. */
  async #tell({ message: error }: Inconsistent): Promise<void> {
    const log = this.#log;
    console.error(JSON.stringify({ message: "an audit log is not signed any more", log, error }));
    await inTime(metricsStub(this.#env).refusedCheckpoint(log)).catch(() => undefined);
  }

  async #sign(): Promise<Newest> {
    const { origin } = this;
    const keys = await logKeys(this.#env, origin);
    const newest = this.#newest;
    const { frontier } = this.#tree;
    const head = { origin, size: frontier.size, root: rootOf(sha256, frontier) };
    const name = checkpointName(this.#log, head.size, primaryIdOf(keys));
    if (newest?.name === name) return newest;
    await this.#checkAgainst(newest, head);
    const note = await signNote(formatCheckpoint(head), keys);
    await this.#keep(name, note, head);
    this.#kv.put("origin", origin);
    const made = { note, size: head.size, name };
    this.#kv.put<Newest>("checkpoint", made);
    return made;
  }

  /**
   * What was signed before must be a beginning of what is signed now, by what R2 has of it, too. An object that knows of no
   * checkpoint may be one whose storage was lost or wiped: then R2 alone says what was signed.
   */
  async #checkAgainst(newest: Newest | undefined, head: Checkpoint): Promise<void> {
    const { ARCHIVE } = this.#env;
    const longer = await keptFrom(ARCHIVE, this.#log, head.size + 1);
    if (longer) throw new Inconsistent(`there is a checkpoint ${longer}, the log ends at ${head.size}`);
    const name = newest?.name ?? (await lastKept(ARCHIVE, this.#log, head.size));
    if (name === undefined || newest?.size === 0) return;
    const before = checkpointOf((await (await ARCHIVE.get(name))?.text()) ?? newest?.note ?? "");
    if (!before || !this.#continues(before)) throw new Inconsistent(`it is not what ${name} says`);
  }

  #continues({ size, root }: Checkpoint): boolean {
    if (size > this.#tree.frontier.size) return false;
    const read = (level: number, position: number) => this.#tree.node(level, position);
    return size === 0 || sameHash(rangeRoot(sha256, read, 0, size), root);
  }

  /** One that stands already is left alone; another root under its name would be a rewritten log. */
  async #keep(name: string, note: string, head: Checkpoint): Promise<void> {
    const { ARCHIVE } = this.#env;
    const stored = await ARCHIVE.put(name, note, {
      onlyIf: { etagDoesNotMatch: "*" },
      httpMetadata: { contentType: "text/plain; charset=utf-8" },
      customMetadata: { note: encodeURIComponent(note) },
    });
    if (stored) return;
    const there = checkpointOf((await (await ARCHIVE.get(name))?.text()) ?? "");
    if (!there || !sameHash(there.root, head.root)) throw new Inconsistent(`${name} has another root`);
  }
}

/** Id of the primary key: after a rotation the same head is signed anew. */
const primaryIdOf = (keys: readonly LogKey[]): string =>
  keys.find(({ primary }) => primary)?.verifier.split("+")[1] ?? "";
