/** A login, as far as its refresh tokens go. Times are milliseconds since 1970. */
export interface RefreshState {
  /** Of the token that is the newest, from 1. */
  generation: number;
  /** When the newest was made in exchange for the one before; null where it is the first. */
  rotatedAt: number | null;
  endedAt: number | null;
  expiresAt: number;
}

/** A refresh token's life, counted from when it was made. */
export const REFRESH_TTL_MS = 7 * 24 * 60 * 60 * 1000;
/** However often it is refreshed, a login ends: whoever left the provider is asked again. */
export const SESSION_MAX_MS = 30 * 24 * 60 * 60 * 1000;
/**
 * A client that lost the answer sends the same token again at once, and two tabs of a browser send it together: within
 * this time both get the one successor. A thief inside it shares that successor, so that its next use by the second of
 * the two is the reuse that ends the login.
 */
export const REPEAT_GRACE_MS = 10_000;

export type RefreshDecision =
  /** The newest token: it is exchanged for a next one. */
  | "rotate"
  /** The one before, again and at once: the successor that it was given already. */
  | "repeat"
  /** An older one: somebody else has it. The whole login ends. */
  | "reused"
  /** The login is over, or no token of it has this number yet: its rows were restored from an earlier time. */
  | "ended";

/** What a genuine token of a generation is worth. */
export function judgeRefresh(state: RefreshState, generation: number, now: number): RefreshDecision {
  if (state.endedAt !== null || state.expiresAt <= now || generation > state.generation) return "ended";
  if (generation === state.generation) return "rotate";
  const isLast = generation === state.generation - 1;
  const isSoon = state.rotatedAt !== null && now - state.rotatedAt < REPEAT_GRACE_MS;
  return isLast && isSoon ? "repeat" : "reused";
}

/** When a login ends that is refreshed now. */
export const expiryOf = (createdAt: number, now: number): number =>
  Math.min(now + REFRESH_TTL_MS, createdAt + SESSION_MAX_MS);
