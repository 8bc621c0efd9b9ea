import { type ErrorKind, KubeError, type Random } from "../kube/index.ts";
import { isDenied } from "./refusals.ts";

export interface RetryPolicy {
  baseMs: number;
  capMs: number;
  /** From this many failures in a row on the node is Failed; before, it is said to be under way. */
  failedAfter: number;
}

const SOON: RetryPolicy = { baseMs: 500, capMs: 30_000, failedAfter: 5 };
/** What only a person or another controller changes: an early retry for what was just being set up, then rarely. */
const ELSEWHERE: RetryPolicy = { baseMs: 500, capMs: 60_000, failedAfter: 3 };

/** Said by somebody who may change his mind: at once, so that it is known, then ever more rarely. */
const DENIED: RetryPolicy = { baseMs: 2_000, capMs: 300_000, failedAfter: 1 };
/** Invalid as it is; another version of the server or of a definition may see it otherwise. */
const INPUT: RetryPolicy = { baseMs: 60_000, capMs: 600_000, failedAfter: 1 };

/** Only what can change is retried, as often as it may change; a new specification starts afresh. */
const POLICIES: Readonly<Record<ErrorKind, RetryPolicy | undefined>> = {
  transient: SOON,
  tooMany: SOON,
  unauthorized: SOON,
  gone: SOON,
  alreadyExists: SOON,
  conflict: SOON,
  terminating: ELSEWHERE,
  notFound: ELSEWHERE,
  forbidden: ELSEWHERE,
  noSuchKind: ELSEWHERE,
  invalid: INPUT,
  tooLarge: INPUT,
  readOnly: undefined,
};
/** Other states of the world that are worth another try long before its time: see `soonestRetry`. */
const CHANGED_BASE_MS = 1_000;
const CHANGED_CAP_MS = 30_000;

/** Another manager holds our fields: reported at once; they let go when they let go. */
const FIELD_CONFLICT: RetryPolicy = { baseMs: 10_000, capMs: 300_000, failedAfter: 1 };

export interface Verdict {
  failed: boolean;
  /** Undefined: not by time. */
  retryInMs?: number;
}

/** What follows the n-th failure in a row (1 or more): exponential with full jitter. */
export function verdictOf(error: unknown, attempts: number, random: Random): Verdict {
  const policy = policyOf(error);
  if (!policy) return { failed: true };
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(attempts - 1, 20));
  const told = error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  // A tenth at least: full jitter may draw zero, and a loop without a pause helps nobody.
  return {
    failed: attempts >= policy.failedAfter,
    retryInMs: Math.max(told, ceiling / 10, ceiling * random()),
  };
}

function policyOf(error: unknown): RetryPolicy | undefined {
  if (!(error instanceof KubeError)) return SOON;
  if (error.kind === "conflict" && error.fieldConflicts.length > 0) return FIELD_CONFLICT;
  if (isDenied(error)) return DENIED;
  return POLICIES[error.kind];
}

/**
 * How long after the n-th failure in a row a change of the object allows another try, whatever pause was drawn: what was
 * refused for what the object was may be taken now. It grows too: somebody may change it for ever. Pure.
 */
export const soonestRetry = (attempts: number): number =>
  Math.min(CHANGED_CAP_MS, CHANGED_BASE_MS * 2 ** Math.min(Math.max(attempts, 1) - 1, 20));
