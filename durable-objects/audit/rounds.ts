import { CHECKPOINT_AFTER_MS } from "../../domain/audit/checkpoint.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { AuditLog } from "./log.ts";
import type { CountedNotes } from "./notes.ts";
import type { SinkStream } from "./sink.ts";
import type { Upkeep } from "./upkeep.ts";

/** What a log does by its alarm, and when the next is due. */
export class Rounds {
  readonly #log: AuditLog;
  readonly #notes: CountedNotes;
  readonly #checkpoints: Checkpoints;
  readonly #upkeep: Upkeep;
  readonly #sink: SinkStream;
  /** Since when entries stand in the log that no checkpoint covers; undefined where that is not known. */
  #behindSince: number | undefined;

  constructor(
    log: AuditLog,
    notes: CountedNotes,
    checkpoints: Checkpoints,
    upkeep: Upkeep,
    sink: SinkStream,
  ) {
    this.#log = log;
    this.#notes = notes;
    this.#checkpoints = checkpoints;
    this.#upkeep = upkeep;
    this.#sink = sink;
  }

  /** The log itself first: what is outside comes after it and fails without it. */
  async run(now: number): Promise<void> {
    this.#log.append(this.#notes.takeDue(now), now);
    this.#log.giveGapsUp(now);
    const failure = await this.#sign(now);
    await this.#sink.run(this.#size, now);
    await this.#upkeep.run(now);
    if (failure) throw failure;
  }

  /** When there is something to do; null where nothing is to come. */
  nextAt(now: number): number | null {
    const times = [
      this.#checkpointAt(now),
      this.#notes.earliest(),
      this.#log.gapEndsAt(),
      this.#upkeep.dueAt(),
      this.#sink.dueAt(this.#size, now),
    ].filter((at) => at !== null);
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** @returns why there is no checkpoint: a log that must not be signed is streamed and kept all the same */
  async #sign(now: number): Promise<unknown> {
    if (!this.#checkpoints.isBehind || this.#isEarly(now)) return undefined;
    try {
      await this.#checkpoints.sign();
      this.#behindSince = undefined;
      return undefined;
    } catch (error) {
      return error;
    }
  }

  get #size(): number {
    return this.#log.tree.frontier.size;
  }

  #checkpointAt(now: number): number | null {
    if (!this.#checkpoints.isBehind) return null;
    this.#behindSince ??= now;
    return this.#behindSince + CHECKPOINT_AFTER_MS;
  }

  /** The stream has the alarm ring each second of a busy log; a checkpoint each second would be too many. */
  #isEarly(now: number): boolean {
    const since = this.#behindSince;
    return this.#sink.isOn && since !== undefined && now < since + CHECKPOINT_AFTER_MS;
  }
}
