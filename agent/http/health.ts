import type { TunnelState } from "../tunnel/index.ts";

/** What the process knows of itself, for /healthz and /readyz. */
export interface HealthInput {
  /** Milliseconds that the event loop was last late by. */
  loopLagMs: number;
  /** Milliseconds since the election last did anything; Infinity before its first try. */
  sinceElectionMs: number;
  role: "starting" | "standby" | "leader";
  /** Why there is no identity yet. */
  identityProblem?: string;
  enrolled: boolean;
  tunnel: { state: TunnelState; reason?: string };
  operatorReady: boolean;
  /** By how much this machine's clock is off: nothing hangs on it, people should know. */
  clockProblem?: string;
}

export interface Verdict {
  ok: boolean;
  body: Record<string, unknown>;
}

/** A loop this late serves nobody; a garbage collection takes a tenth of it. */
const MAX_LAG_MS = 10_000;
/** The election tries every 2 s, each try bounded by 5 s. */
const MAX_ELECTION_SILENCE_MS = 60_000;

/** Alive: a restart would not help what this does not name. */
export function healthz(input: HealthInput): Verdict {
  const problems = [
    ...(input.loopLagMs > MAX_LAG_MS ? [`event loop late by ${Math.round(input.loopLagMs)} ms`] : []),
    ...(input.sinceElectionMs > MAX_ELECTION_SILENCE_MS ? ["the election loop is stuck"] : []),
  ];
  return { ok: problems.length === 0, body: { ok: problems.length === 0, problems } };
}

/**
 * Ready: does its part. A standby is ready; so is a leader whose manager is away, since the cluster is kept right without
 * it. Not ready: not enrolled, fenced, or refused for good.
 */
export function readyz(input: HealthInput): Verdict {
  const { role, tunnel } = input;
  const reason = notReady(input);
  const body = {
    ready: reason === undefined,
    role,
    tunnel: tunnel.state,
    ...(tunnel.reason ? { tunnelReason: tunnel.reason } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(input.clockProblem === undefined ? {} : { clock: input.clockProblem }),
  };
  return { ok: reason === undefined, body };
}

function notReady(input: HealthInput): string | undefined {
  if (input.role === "starting") return "starting";
  if (input.role === "standby") return undefined;
  if (!input.enrolled) return input.identityProblem ?? "enrolling";
  if (input.tunnel.state === "fenced") return "fenced: another agent uses this cluster's identity";
  if (input.tunnel.state === "refused" || input.tunnel.state === "stopped") {
    return input.tunnel.reason ?? "the manager refuses this identity";
  }
  return input.operatorReady ? undefined : "the controllers are starting";
}
