import { DurableObject } from "cloudflare:workers";
import { ulid } from "ulid";
import { formatId } from "../domain/ids/index.ts";
import { ALARM_RETRY_MS, arm, nextAlarm, settleFailure } from "../domain/outbox/index.ts";
import { appendPending } from "../queues/append-audit.ts";
import { deliverStored } from "../queues/deliver.ts";
import type { Env } from "../worker/env.ts";
import { failpoint } from "../worker/failpoint.ts";
import { earliestDueEntry, postponeEntries, takeDueEntries } from "../worker/store/audit.ts";
import { directory } from "../worker/store/database.ts";
import { earliestDue, settleFailures, takeDue } from "../worker/store/outbox.ts";
import type { OutboxRpc } from "./rpc.ts";

/** Events in one round: few enough that a round stays short, many enough that a backlog drains quickly. */
const BATCH = 100;

/**
 * Alarm clock of one shard of the outbox. It holds nothing but its alarm: what is undelivered stands in the database.
 * The alarm survives a kill of the process and fires without a request; where nothing waits, none stands.
 */
export class OutboxDO extends DurableObject<Env> implements OutboxRpc {
  /** In memory alone: an alarm stands at least until then, or its handler runs and sees this. */
  private wantedAt = 0;

  async arm(): Promise<void> {
    const standing = await this.ctx.storage.getAlarm();
    const { alarmAt, wantedAt } = arm({ standing, wantedAt: this.wantedAt }, Date.now());
    this.wantedAt = wantedAt;
    // The answer waits for this write (output gate), so the alarm is durable before the caller commits.
    if (alarmAt !== null) await this.ctx.storage.setAlarm(alarmAt);
  }

  async ping(): Promise<void> {}

  override async alarm(): Promise<void> {
    try {
      await failpoint(this.env, "alarm");
      await Promise.all([this.deliverDue(), this.appendDue()]);
      await this.rearm(await this.earliestDue());
    } catch (error) {
      // The runtime gives an alarm up after six failures; this clock never may.
      console.error(
        JSON.stringify({ message: "outbox round failed", shard: this.shard, error: String(error) }),
      );
      await this.rearm(Date.now() + ALARM_RETRY_MS);
    }
  }

  private async deliverDue(): Promise<void> {
    const db = directory(this.env);
    const events = await takeDue(db, this.shard, Date.now(), BATCH);
    const failures = await deliverStored(this.env, events);
    const now = Date.now();
    const settlements = events
      .filter((event) => failures.has(event.seq))
      .map((event) => ({
        ...settleFailure(event, failures.get(event.seq) ?? "", now, Math.random()),
        deadLetterId: formatId("deadLetter", ulid(now)),
      }));
    await settleFailures(db, settlements, now);
  }

  /** Audit entries that whoever committed them did not bring to their logs. */
  private async appendDue(): Promise<void> {
    const db = directory(this.env);
    const entries = await takeDueEntries(db, this.shard, Date.now(), BATCH);
    await postponeEntries(db, await appendPending(this.env, entries), Date.now(), Math.random());
  }

  private async earliestDue(): Promise<number | null> {
    const db = directory(this.env);
    const due = await Promise.all([earliestDue(db, this.shard), earliestDueEntry(db, this.shard)]);
    const known = due.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  private async rearm(dueAt: number | null): Promise<void> {
    const standing = await this.ctx.storage.getAlarm();
    const next = nextAlarm({ standing, wantedAt: this.wantedAt, dueAt }, Date.now());
    if (next !== null && next !== standing) await this.ctx.storage.setAlarm(next);
  }

  private get shard(): number {
    return Number(this.ctx.id.name);
  }
}
