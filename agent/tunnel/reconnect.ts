import { RECONNECT_BASE_MS, RECONNECT_CAP_MS, RECONNECT_FIRST_MS } from "../../protocol/tunnel/limits.ts";

/**
 * When to dial again, and when not. Pure: what happened and a random number in, a verdict out. What must hold: a fleet
 * that lost its manager does not come back in one wave, and nobody hammers a manager that has said no.
 */

/** How a connection, or the attempt at one, ended; classified once, in ending.ts. */
export type Ending =
  /** The network, the manager's restart, an overload: anything that time heals. */
  | { kind: "lost"; reason: string }
  /** 4409: another session holds this identity. */
  | { kind: "fenced"; reason: string }
  /** 4401, 4403, 4410, 4426: no use without a change on one of the two sides. */
  | { kind: "refused"; code: number; reason: string }
  /** We ended it ourselves to start over at once, e.g. for a fresh snapshot. */
  | { kind: "renew"; reason: string };

export interface ReconnectState {
  /** Endings in a row without a session (a welcome) in between. */
  failures: number;
}

export type Verdict =
  | { kind: "wait"; ms: number; state: ReconnectState }
  /** Not in this term of the Lease. */
  | { kind: "stop"; state: ReconnectState };

/** At the process's start: agents of a fleet are not started together, a person waits for this one. */
export const START_JITTER_MS = 250;
/**
 * Each refusal can heal elsewhere: a key declared good, a side upgraded, a cluster or a database restored, a manager that
 * was out of its mind. Asked this often, it is seen; an agent that gave up for good would need a person in each cluster.
 */
export const REFUSED_RETRY_MS = 10 * 60_000;
/** A fresh snapshot is a large thing to ask for. */
export const RENEW_MS = 500;

export const initialReconnect: ReconnectState = { failures: 0 };

export const firstDelayMs = (random: number): number => random * START_JITTER_MS;

/**
 * @param welcomed whether the connection that ended had become a session
 * @param random uniform in [0, 1)
 */
export function afterEnding(
  state: ReconnectState,
  ending: Ending,
  welcomed: boolean,
  random: number,
): Verdict {
  const failures = welcomed ? 0 : state.failures;
  switch (ending.kind) {
    case "fenced":
      return { kind: "stop", state: { failures } };
    case "refused":
      return wait(REFUSED_RETRY_MS * (1 + random / 2), failures + 1);
    case "renew":
      return wait(RENEW_MS * (1 + random), failures);
    case "lost":
      return wait(lossDelayMs(failures, random), failures + 1);
  }
}

/** Uniform in 0-5 s after a loss, then full jitter: tried with 1,000 sockets (limits.ts). */
function lossDelayMs(failures: number, random: number): number {
  if (failures === 0) return random * RECONNECT_FIRST_MS;
  return random * Math.min(RECONNECT_CAP_MS, RECONNECT_BASE_MS * 2 ** Math.min(failures, 30));
}

const wait = (ms: number, failures: number): Verdict => ({
  kind: "wait",
  ms: Math.round(ms),
  state: { failures },
});
