import { ANNOTATION } from "../../domain/names/labels.ts";
import type { Held } from "./inventory.ts";
import type { Seen } from "./model.ts";

/** When what left a graph may go. */
export interface PrunePlan {
  graceMs: number;
  dryRun: boolean;
}

/** What keeps an object may go: whether it has is asked after so long, and then after twice as long each time. */
const BASE_MS = 5_000;
const CAP_MS = 300_000;

/** How long an object that is kept is left alone, after so many looks. */
export const keptForMs = (looks: number): number => Math.min(CAP_MS, BASE_MS * 2 ** Math.min(looks, 10));

/** Why an object of ours is never deleted by us, by what stands on it or stood in its node's policy. */
export function whyNever(held: Pick<Held, "protect">, seen: Pick<Seen, "protected" | "disabled">) {
  if (held.protect) return "its apply policy protects it";
  if (seen.protected) return `its annotation ${ANNOTATION.protect} protects it`;
  return seen.disabled ? `its annotation ${ANNOTATION.reconcile} is 'disabled'` : undefined;
}

/** What is left of its grace period at this time since the epoch, and when it goes; undefined: it may go. */
export function graceOf(
  { leftAt }: Pick<Held, "leftAt">,
  prune: PrunePlan | undefined,
  now: number,
): { leftMs: number; goesAt: string } | undefined {
  if (!prune || !leftAt) return undefined;
  const at = Date.parse(leftAt) + prune.graceMs;
  return at > now ? { leftMs: at - now, goesAt: new Date(at).toISOString() } : undefined;
}
