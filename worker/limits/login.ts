import { KubeNovaError } from "../../domain/errors/index.ts";
import { networkOf } from "../../domain/limits/network.ts";
import { inTime, OBJECT_TIMEOUT_MS } from "../bounded.ts";
import type { Env } from "../env.ts";
import { limitsStub } from "../store/database.ts";

type LimitsEnv = Pick<Env, "LIMITS">;

/** Objects that share the tries: one is asked for an address, another for an account, and none is asked for all. */
const SHARDS = 256;

export interface LoginAttempt {
  /** Of the client, see {@link addressOf}. */
  address: string | undefined;
  /** What the try claims to be: an address of mail, an id, a client's name. Absent where nothing is claimed yet. */
  account?: string;
}

/** Where a request comes from, as the platform says; what stands before a private installation must set it. */
export const addressOf = (request: Request): string | undefined =>
  request.headers.get("cf-connecting-ip") ?? undefined;

/**
 * Asked before a credential is looked at. Each try that was allowed ends with {@link loginFailed} or
 * {@link loginSucceeded}; one that was not is not counted.
 *
 * @throws KubeNovaError KN-1602 with the seconds to wait, KN-1901
 */
export async function loginAllowed(env: LimitsEnv, attempt: LoginAttempt, now: number): Promise<void> {
  for (const { shard, ...what } of await keysOf(attempt)) {
    const waitMs = await answered(limitsStub(env, `login:${shard}`).tryLogin({ ...what, now }));
    if (waitMs > 0) {
      throw new KubeNovaError("KN-1602", undefined, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
    }
  }
}

/** The try failed: where it claimed an account, the next from its network may have to wait. */
export const loginFailed = (env: LimitsEnv, attempt: LoginAttempt, now: number): Promise<void> =>
  end(env, attempt, now, false);

/** The try succeeded: it costs its address nothing, and its network's failures at the account are forgotten. */
export const loginSucceeded = (env: LimitsEnv, attempt: LoginAttempt, now: number): Promise<void> =>
  end(env, attempt, now, true);

async function end(env: LimitsEnv, attempt: LoginAttempt, now: number, succeeded: boolean): Promise<void> {
  const keys = await keysOf(attempt);
  await Promise.all(
    keys.map(({ shard, ...what }) =>
      answered(limitsStub(env, `login:${shard}`).endLogin({ ...what, now }, succeeded)),
    ),
  );
}

/** Where the tries cannot be counted, nobody logs in. */
const answered = <T>(work: Promise<T>): Promise<T> =>
  inTime(work, OBJECT_TIMEOUT_MS, () => new KubeNovaError("KN-1901"));

/** Digests alone are kept: who tries to log in where is nobody's to read. */
async function keysOf({ address, account }: LoginAttempt) {
  const net = await digest(`net:${networkOf(address)}`);
  const keys = [{ address: net.hex, net: net.hex, shard: net.shard }];
  if (account === undefined) return keys;
  const claimed = await digest(`account:${account.trim().toLowerCase()}`);
  return [...keys, { account: claimed.hex, net: net.hex, shard: claimed.shard }];
}

async function digest(text: string): Promise<{ hex: string; shard: number }> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const hex = [...bytes.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { hex, shard: (bytes[0] ?? 0) % SHARDS };
}
