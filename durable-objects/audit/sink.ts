import type { PlacedEntry } from "../../domain/audit/csv.ts";
import { SINK_BATCH, sinkBackoffMs } from "../../domain/audit/sinks.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { deliver } from "../../worker/audit/deliver.ts";
import { revealed } from "../../worker/audit/personal.ts";
import type { Env } from "../../worker/env.ts";
import { type AuditSink, findSink } from "../../worker/store/audit-sinks.ts";
import { directory } from "../../worker/store/database.ts";
import type { LeafAt, SinkState } from "../rpc.ts";

/** A round begins no request after this time: what else the log has to do waits no longer. */
const ROUND_MS = 8_000;
/** What is appended within this time goes in one request. */
const GATHER_MS = 1_000;

interface Progress {
  /** Names the stream: one that was deleted and set again begins anew. */
  createdAt: number;
  version: number;
  /** Entries that the receiver has taken. */
  cursor: number;
  failures: number;
  nextAt: number;
  lastError: string | null;
  deliveredAt: number | null;
}

/**
 * Streams a log to a receiver outside: in order, each entry at least once. The cursor moves after the receiver has
 * answered, so that a kill in between repeats and loses nothing. The log itself never waits for it.
 */
export class SinkStream {
  readonly #env: Env;
  readonly #log: string;
  readonly #kv: SyncKvStorage;
  readonly #read: (from: number, limit: number) => Promise<LeafAt[]>;

  constructor(
    env: Env,
    log: string,
    kv: SyncKvStorage,
    read: (from: number, limit: number) => Promise<LeafAt[]>,
  ) {
    this.#env = env;
    this.#log = log;
    this.#kv = kv;
    this.#read = read;
  }

  get isOn(): boolean {
    return this.#progress !== undefined;
  }

  /** When something is to be sent; null where nothing is. @param size of the log */
  dueAt(size: number, now: number): number | null {
    const progress = this.#progress;
    if (!progress || progress.cursor >= size) return null;
    return Math.max(progress.nextAt, now + GATHER_MS);
  }

  /** Looks at what is set, which a lost message cannot hide, and sends what is due. Never throws. */
  async run(size: number, now: number): Promise<void> {
    try {
      const sink = await findSink(directory(this.#env), this.#log);
      if (!sink) return void this.#kv.delete("sink");
      const progress = this.#resume(sink, now);
      if (progress.nextAt <= now) await this.#send(sink, progress, size, now);
    } catch (error) {
      console.error(
        JSON.stringify({ message: "an audit log's stream failed", log: this.#log, error: String(error) }),
      );
    }
  }

  state(size: number): SinkState | null {
    const progress = this.#progress;
    if (!progress) return null;
    const { cursor, failures, nextAt, lastError, deliveredAt } = progress;
    return {
      delivered: cursor,
      waiting: Math.max(size - cursor, 0),
      failures,
      nextAt,
      lastError,
      deliveredAt,
    };
  }

  get #progress(): Progress | undefined {
    return this.#kv.get<Progress>("sink");
  }

  /** A sink that was changed is tried at once, from where the one before it had come to. */
  #resume({ createdAt, version, fromIndex }: AuditSink, now: number): Progress {
    const known = this.#progress;
    if (known?.createdAt === createdAt && known.version === version) return known;
    const begun: Progress = {
      createdAt,
      version,
      cursor: known?.createdAt === createdAt ? known.cursor : fromIndex,
      failures: 0,
      nextAt: now,
      lastError: null,
      deliveredAt: known?.createdAt === createdAt ? known.deliveredAt : null,
    };
    this.#kv.put<Progress>("sink", begun);
    return begun;
  }

  async #send(sink: AuditSink, begun: Progress, size: number, now: number): Promise<void> {
    const started = Date.now();
    let progress = begun;
    while (progress.cursor < size && Date.now() - started < ROUND_MS) {
      const leaves = await this.#read(progress.cursor, SINK_BATCH);
      const last = leaves.at(-1);
      if (!last) return;
      const error = await this.#deliver(sink, leaves);
      // Another round cannot have run meanwhile, but the sink may have been taken away.
      if (!this.#progress) return;
      if (error !== undefined) {
        const failures = progress.failures + 1;
        const nextAt = now + (Date.now() - started) + sinkBackoffMs(failures, Math.random());
        return this.#kv.put<Progress>("sink", { ...progress, failures, nextAt, lastError: error });
      }
      const deliveredAt = now + (Date.now() - started);
      progress = {
        ...progress,
        cursor: last.index + 1,
        failures: 0,
        lastError: null,
        nextAt: now,
        deliveredAt,
      };
      this.#kv.put<Progress>("sink", progress);
    }
  }

  /** @returns what went wrong, without a secret; undefined where the receiver took them */
  async #deliver(sink: AuditSink, leaves: LeafAt[]): Promise<string | undefined> {
    const entries = leaves.map(({ index, leaf }): PlacedEntry => ({ index, ...JSON.parse(leaf) }));
    try {
      return await deliver(this.#env, sink, sink.personal ? await revealed(this.#env, entries) : entries);
    } catch (error) {
      return error instanceof KubeNovaError
        ? `${error.code}: ${error.message}`
        : "the entries cannot be read";
    }
  }
}
