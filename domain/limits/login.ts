/**
 * Who may try to log in. Nobody can lock another out for good: what a failure costs falls on the network that failed, and
 * the first try of a network is never slowed by what others did.
 *
 * - An address: so many tries at once, and so many a minute after that; a try that succeeds costs nothing.
 * - An account, from one network: five failures are free, then each doubles the wait, up to a quarter of an hour.
 * - An account, from all networks that already failed at it: so many tries a minute together, for an attack that comes
 *   from many places. Networks from which its owner logged in before are exempt.
 */

export const ADDRESS_BURST = 60;
export const ADDRESS_TRIES_PER_MINUTE = 60;
export const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1_000;
export const MAX_WAIT_MS = 15 * 60_000;
/** Without a failure for so long, a network begins anew. */
const FORGET_AFTER_MS = 60 * 60_000;
/** A try that nobody reported the end of (its isolate died) stands in the way no longer. */
const PENDING_MS = 30_000;
export const SLOWED_BURST = 20;
export const SLOWED_TRIES_PER_MINUTE = 10;
/** Networks that an account remembers; the one that was silent longest gives way. */
const MAX_NETS = 128;
const MAX_KNOWN_NETS = 8;

export interface Tries {
  /** Tries left at `at`. */
  left: number;
  /** Milliseconds since 1970. */
  at: number;
}

interface NetFailures {
  failures: number;
  /** Ends of tries under way, at the latest. */
  pending: number[];
  /** No try before. */
  until: number;
  at: number;
}

export interface AccountTries {
  nets: Record<string, NetFailures>;
  /** Where its owner logged in, newest first. */
  known: string[];
  slowed: Tries;
}

export const newAccount = (now: number): AccountTries => ({
  nets: {},
  known: [],
  slowed: { left: SLOWED_BURST, at: now },
});

/** What is decided: 0 lets the try through, all else is the wait in milliseconds. */
export interface Verdict<S> {
  state: S;
  waitMs: number;
}

export function tryAddress(state: Tries | undefined, now: number): Verdict<Tries> {
  return takeTry(state, ADDRESS_BURST, ADDRESS_TRIES_PER_MINUTE, now);
}

/** A try that succeeded is given back. */
export function forgiveAddress(state: Tries | undefined, now: number): Tries | undefined {
  if (!state) return undefined;
  const { left, at } = refilled(state, ADDRESS_BURST, ADDRESS_TRIES_PER_MINUTE, now);
  return left + 1 >= ADDRESS_BURST ? undefined : { left: left + 1, at };
}

export function tryAccount(given: AccountTries | undefined, net: string, now: number): Verdict<AccountTries> {
  const state = given ?? newAccount(now);
  const before = fresh(state.nets[net], now);
  const busy = before.failures + before.pending.length;
  const wait =
    before.pending.length > 0 && busy >= FREE_FAILURES ? FIRST_WAIT_MS : Math.max(0, before.until - now);
  if (wait > 0) return { state, waitMs: wait };
  const isFirst = busy === 0 || state.known.includes(net);
  const slowed = isFirst
    ? { state: state.slowed, waitMs: 0 }
    : takeTry(state.slowed, SLOWED_BURST, SLOWED_TRIES_PER_MINUTE, now);
  if (slowed.waitMs > 0) return { state, waitMs: slowed.waitMs };
  const tried = { ...before, pending: [...before.pending, now + PENDING_MS], at: now };
  const nets = bounded({ ...state.nets, [net]: tried });
  return { state: { ...state, nets, slowed: slowed.state }, waitMs: 0 };
}

export function failAccount(given: AccountTries | undefined, net: string, now: number): AccountTries {
  const state = given ?? newAccount(now);
  const before = fresh(state.nets[net], now);
  const failures = before.failures + 1;
  const failed = { failures, pending: before.pending.slice(1), until: now + waitAfter(failures), at: now };
  return { ...state, nets: bounded({ ...state.nets, [net]: failed }) };
}

export function succeedAccount(given: AccountTries | undefined, net: string, now: number): AccountTries {
  const state = given ?? newAccount(now);
  const { [net]: _, ...nets } = state.nets;
  const known = [net, ...state.known.filter((each) => each !== net)].slice(0, MAX_KNOWN_NETS);
  return { ...state, nets, known };
}

/** Wait after so many failures of one network, in milliseconds. */
export const waitAfter = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));

function fresh(net: NetFailures | undefined, now: number): NetFailures {
  if (!net || net.at + FORGET_AFTER_MS < now) return { failures: 0, pending: [], until: 0, at: now };
  return { ...net, pending: net.pending.filter((end) => end > now) };
}

function bounded(nets: Record<string, NetFailures>): Record<string, NetFailures> {
  const entries = Object.entries(nets);
  if (entries.length <= MAX_NETS) return nets;
  return Object.fromEntries(entries.sort(([, a], [, b]) => b.at - a.at).slice(0, MAX_NETS));
}

function takeTry(state: Tries | undefined, burst: number, perMinute: number, now: number): Verdict<Tries> {
  const { left, at } = refilled(state ?? { left: burst, at: now }, burst, perMinute, now);
  if (left >= 1) return { state: { left: left - 1, at }, waitMs: 0 };
  return { state: { left, at }, waitMs: Math.ceil(((1 - left) * 60_000) / perMinute) };
}

/** A clock that steps back refills nothing. */
function refilled(state: Tries, burst: number, perMinute: number, now: number): Tries {
  const passed = Math.max(0, now - state.at);
  return { left: Math.min(burst, state.left + (passed * perMinute) / 60_000), at: Math.max(now, state.at) };
}
