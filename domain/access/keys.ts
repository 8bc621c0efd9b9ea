import type { KeyLimits } from "./principal.ts";

/** What a new key is held to: nobody gets by a key what the credential that makes it is not good for. */

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
export const MAX_KEY_DAYS = 365;
export const DEFAULT_KEY_DAYS = 90;
/** A week: who deploys only on Mondays still comes by. */
export const MAX_OVERLAP_HOURS = 168;
export const DEFAULT_OVERLAP_HOURS = 24;

/** The credential by which a key is made. */
export interface Maker {
  limits: KeyLimits;
  /** When it ends, of a key; null for a login. Milliseconds since 1970. */
  expiresAt: number | null;
}

/** When a key ends: after its days, and never after the key that makes it. */
export const keyExpiry = (now: number, days: number, { expiresAt }: Maker): number =>
  Math.min(now + days * DAY_MS, expiresAt ?? Number.POSITIVE_INFINITY);

/** Until when the former secret of a rotated key is good: for the overlap, and never longer than it was. */
export const overlapEnd = (now: number, hours: number, expiresAt: number): number =>
  Math.min(now + hours * HOUR_MS, expiresAt);

/**
 * Permissions of a new key that the credential which makes it is not good for.
 * @param wanted null for all that its owner has
 * @returns empty where it may be made; `["*"]` where it asks for all and its maker is held to some
 */
export function beyondMaker(wanted: readonly string[] | null, { limits }: Maker): string[] {
  const { permissions } = limits as { permissions?: ReadonlySet<string> };
  if (!permissions) return [];
  return wanted === null ? ["*"] : wanted.filter((permission) => !permissions.has(permission));
}
