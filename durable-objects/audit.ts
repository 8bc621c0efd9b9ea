import { DurableObject } from "cloudflare:workers";
import type { AuditEntry } from "../domain/audit/entry.ts";
import type { AuditQuery } from "../domain/audit/query.ts";
import type { Env } from "../worker/env.ts";
import { Checkpoints, Inconsistent } from "./audit/checkpoints.ts";
import { Clock } from "./audit/clock.ts";
import { AuditLog } from "./audit/log.ts";
import { CountedNotes } from "./audit/notes.ts";
import { Proofs } from "./audit/proofs.ts";
import { rangeOf } from "./audit/range.ts";
import { AuditReader } from "./audit/reader.ts";
import { Rounds } from "./audit/rounds.ts";
import { SinkStream } from "./audit/sink.ts";
import { migrate } from "./audit/tables.ts";
import { Upkeep } from "./audit/upkeep.ts";
import { hasTables } from "./migrate.ts";
import type { AuditPage, AuditRpc, LeafAt, SignedHead } from "./rpc.ts";

/** After a round that failed. The runtime gives an alarm up after six failures; this one never may. */
const ALARM_RETRY_MS = 30_000;

/** One log of entries, a tenant's or the platform's: its only writer. */
export class AuditDO extends DurableObject<Env> implements AuditRpc {
  readonly #log: AuditLog;
  readonly #notes: CountedNotes;
  readonly #reader: AuditReader;
  readonly #proofs: Proofs;
  readonly #checkpoints: Checkpoints;
  readonly #upkeep: Upkeep;
  readonly #sink: SinkStream;
  readonly #rounds: Rounds;
  readonly #clock: Clock;
  #migrated = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql, kv } = ctx.storage;
    this.#clock = new Clock(ctx.storage);
    this.#log = new AuditLog(ctx.storage);
    this.#notes = new CountedNotes(sql);
    this.#reader = new AuditReader(sql);
    this.#proofs = new Proofs(this.#log.tree);
    const name = String(ctx.id.name);
    const { tree } = this.#log;
    const read = (from: number, limit: number) => this.leaves(from, limit);
    this.#checkpoints = new Checkpoints(env, name, kv, tree);
    this.#upkeep = new Upkeep(env, name, ctx.storage, tree, read);
    this.#sink = new SinkStream(env, name, kv, read);
    this.#rounds = new Rounds(this.#log, this.#notes, this.#checkpoints, this.#upkeep, this.#sink);
  }

  async append(entries: AuditEntry[]): Promise<void> {
    const now = this.#begin();
    this.#log.append(entries, now);
    await this.#arm(now);
  }

  async note(entry: AuditEntry): Promise<void> {
    const now = this.#begin();
    if (!this.#notes.count(entry, now)) this.#log.append([entry], now);
    await this.#arm(now);
  }

  async list(query: AuditQuery): Promise<AuditPage> {
    return this.#exists() ? this.#reader.list(query, this.#log.lateness) : { items: [], next: null };
  }

  async find(id: string): Promise<LeafAt | null> {
    if (!this.#exists()) return null;
    return this.#reader.find(id) ?? this.#upkeep.archive.find(id);
  }

  async leaves(from: number, limit: number): Promise<LeafAt[]> {
    if (!this.#exists()) return [];
    const moved = await this.#upkeep.archive.leaves(from, limit);
    return moved.length > 0 ? moved : this.#reader.leaves(from, limit);
  }

  async hashes(from: number, limit: number): Promise<string[]> {
    return this.#exists() ? this.#proofs.leafHashes(from, limit) : [];
  }

  async range(since: number | null, until: number | null) {
    if (!this.#exists()) return { from: 0, to: 0 };
    return rangeOf(this.#upkeep.archive, this.#reader, this.#log, since, until);
  }

  async settingsChanged(retention = false): Promise<void> {
    const now = this.#begin();
    if (retention) this.#upkeep.changed();
    await this.#clock.armAt(now);
  }

  async trail() {
    if (!this.#exists()) return { archived: 0, worm: null, error: null, sink: null };
    return { ...this.#upkeep.state(), sink: this.#sink.state(this.#log.tree.frontier.size) };
  }

  async head() {
    const { origin } = this.#checkpoints;
    return { origin, size: this.#exists() ? this.#log.tree.frontier.size : 0 };
  }

  async checkpoint(): Promise<SignedHead | null> {
    if (!this.#exists()) return null;
    try {
      return await this.#checkpoints.sign();
    } catch (error) {
      if (error instanceof Inconsistent) return { refused: error.message };
      throw error;
    }
  }

  async inclusion(index: number, size: number) {
    return this.#exists() ? this.#proofs.inclusion(index, size) : null;
  }

  async consistency(from: number, to: number) {
    return this.#exists() ? this.#proofs.consistency(from, to) : null;
  }

  override async alarm(): Promise<void> {
    this.#clock.rang();
    const now = this.#begin();
    try {
      await this.#rounds.run(now);
      await this.#arm(Date.now());
    } catch (error) {
      const told = { message: "an audit log's round failed", log: this.ctx.id.name, error: String(error) };
      console.error(JSON.stringify(told));
      await this.#clock.armAt(now + ALARM_RETRY_MS);
    }
  }

  #begin(): number {
    const now = Date.now();
    if (!this.#migrated) migrate(this.ctx.storage, now);
    this.#migrated = true;
    return now;
  }

  /** A log that was only asked for leaves no tables behind. */
  #exists(): boolean {
    if (!this.#migrated && !hasTables(this.ctx.storage.sql)) return false;
    this.#begin();
    return true;
  }

  /** Sets the alarm for what comes first; where nothing is to come, none stands. */
  async #arm(now: number): Promise<void> {
    await this.#clock.armAt(this.#rounds.nextAt(now));
  }
}
