/** How long a deleted object can be restored; after that it is purged (decisions.md 11). */
export const RESTORE_WINDOW_MS = 30 * 24 * 60 * 60 * 1000;

/** Milliseconds since 1970 until which a deleted object can be restored. */
export const restorableUntil = (deletedAt: number): number => deletedAt + RESTORE_WINDOW_MS;

export const isRestorable = (deletedAt: number, now: number): boolean => now < restorableUntil(deletedAt);
