import { isKind } from "../kube/index.ts";
import { errorText } from "../log.ts";
import { RefusedError } from "./document.ts";

/** Something that another part of the system brings: a namespace, a definition, the end of a deletion. */
export class WaitingError extends Error {
  override readonly name = "WaitingError";
}

/**
 * What to do about a failed write:
 * - `retry`: the API server is away or busy. Never acked meanwhile, however long it takes.
 * - `wait`: something that it needs is not there. Acked as refused after a deadline, so that one document does not hold
 *   up the others' acks; tried on all the same.
 * - `refuse`: it can never succeed as it is.
 */
export type Failure = { kind: "retry" | "wait" | "refuse"; message: string };

export function judgeFailure(error: unknown): Failure {
  const message = errorText(error).slice(0, 1024);
  if (error instanceof RefusedError) return { kind: "refuse", message };
  if (error instanceof WaitingError) return { kind: "wait", message };
  // The namespace, since an apply makes the object itself.
  if (isKind(error, "notFound", "noSuchKind", "terminating")) return { kind: "wait", message };
  if (isKind(error, "invalid", "tooLarge", "forbidden", "readOnly")) return { kind: "refuse", message };
  return { kind: "retry", message };
}

/** The controller makes a new environment's namespace in well under a second: the first tries come soon. */
const WAIT_BASE_MS = 50;
const WAIT_CAP_MS = 5_000;
const RETRY_BASE_MS = 200;
const RETRY_CAP_MS = 15_000;

/** @param random uniform in [0, 1) */
export function retryMs(kind: Failure["kind"], failures: number, random: number): number {
  const [base, cap] = kind === "wait" ? [WAIT_BASE_MS, WAIT_CAP_MS] : [RETRY_BASE_MS, RETRY_CAP_MS];
  const full = Math.min(cap, base * 2 ** Math.min(failures, 20));
  return full / 2 + (full / 2) * random;
}
