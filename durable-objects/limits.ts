import {
  type AccountTries,
  failAccount,
  forgiveAddress,
  succeedAccount,
  type Tries,
  tryAccount,
  tryAddress,
} from "../domain/limits/login.ts";
import type { Env } from "../worker/env.ts";
import { DoorObject } from "./door-object.ts";
import type { LimitsRpc, LoginTry } from "./rpc.ts";

/** What nobody touched for so long says nothing any more: see domain/limits/login.ts. */
const KEPT_MS = 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 60 * 60_000;

const TABLE =
  "CREATE TABLE IF NOT EXISTS tries (key TEXT PRIMARY KEY, state TEXT NOT NULL, at INTEGER NOT NULL)";

/**
 * Login tries of one shard of addresses and accounts, known by digests alone: they are stored, and a restart forgives none.
 * By another name, the requests and streams of one principal of no tenant.
 */
export class LimitsDO extends DoorObject implements LimitsRpc {
  private readonly sql: SqlStorage;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.sql = context.storage.sql;
    // The others keep counts, which need no table of their own.
    if (context.id.name?.startsWith("login:")) this.sql.exec(TABLE);
  }

  async tryLogin({ address, account, net, now }: LoginTry): Promise<number> {
    if (address !== undefined) {
      const { state, waitMs } = tryAddress(this.load<Tries>(`address:${address}`), now);
      if (waitMs === 0) await this.store(`address:${address}`, state, now);
      return waitMs;
    }
    const { state, waitMs } = tryAccount(this.load<AccountTries>(`account:${account}`), net, now);
    if (waitMs === 0) await this.store(`account:${account}`, state, now);
    return waitMs;
  }

  async endLogin({ address, account, net, now }: LoginTry, succeeded: boolean): Promise<void> {
    if (address !== undefined) {
      if (!succeeded) return;
      const state = forgiveAddress(this.load<Tries>(`address:${address}`), now);
      if (state) await this.store(`address:${address}`, state, now);
      else this.sql.exec("DELETE FROM tries WHERE key = ?", `address:${address}`);
      return;
    }
    const end = succeeded ? succeedAccount : failAccount;
    await this.store(`account:${account}`, end(this.load(`account:${account}`), net, now), now);
  }

  override async alarm(): Promise<void> {
    this.sql.exec("DELETE FROM tries WHERE at < ?", Date.now() - KEPT_MS);
    const { left } = this.sql.exec<{ left: number }>("SELECT count(*) AS left FROM tries").one();
    if (left > 0) await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
  }

  private load<S>(key: string): S | undefined {
    const [row] = this.sql.exec<{ state: string }>("SELECT state FROM tries WHERE key = ?", key);
    return row ? (JSON.parse(row.state) as S) : undefined;
  }

  private async store(key: string, state: object, now: number): Promise<void> {
    this.sql.exec("INSERT OR REPLACE INTO tries VALUES (?, ?, ?)", key, JSON.stringify(state), now);
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now() + SWEEP_EVERY_MS);
    }
  }
}
