import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import { labelOf } from "../../sources/label.ts";
import type { Outcome } from "../status.ts";
import type { Good, Standing } from "./attempt.ts";

/** Who waits longer than this is told what for. */
export const PATIENCE_MS = 2_000;
/** A source that is away is waited for so often before it counts as a failure. */
export const LASTING = 3;

/** Why there is no graph to write, for the resource's status; undefined: nothing is to be said yet. */
export function outcomeOf(
  standing: Standing,
  { cueRef, isRunning, nowMs }: { cueRef: CueRef; isRunning: boolean; nowMs: number },
): Outcome | undefined {
  if (standing.state === "working") {
    if (nowMs - standing.sinceMs < PATIENCE_MS * 0.9) return undefined;
    return { phase: "Executing", reason: "Fetching", message: `waits for ${labelOf(cueRef)}` };
  }
  if (standing.state === "failed") {
    const { error, failures } = standing;
    const isPassing = error.retry === "soon" && failures < LASTING;
    const message = kept(error.message, isRunning);
    return { phase: isPassing ? "Executing" : "Failed", reason: error.reason, message };
  }
  const denial = denialOf(standing.good);
  return denial === undefined
    ? undefined
    : { phase: "Failed", reason: "PolicyDenied", message: kept(denial, isRunning) };
}

/** What of a rendering a policy denies; undefined: nothing. */
export function denialOf({ violations }: Pick<Good, "violations">): string | undefined {
  const denied = violations.filter(({ severity }) => severity === "Deny");
  return denied.length > 0 ? worstOf(denied) : undefined;
}

/** The worst of some violations in a sentence, and how many more there are. */
export const worstOf = (violations: readonly Violation[]): string =>
  sentence(violations, ({ message }) => `: ${message}`);

/** The same without the policy's words, which may hold values of the input. */
export const deniedPath = (violations: readonly Violation[]): string => sentence(violations, () => "");

function sentence(violations: readonly Violation[], words: (violation: Violation) => string): string {
  const first = violations.find(({ severity }) => severity === "Deny") ?? violations[0];
  if (!first) return "";
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  const does = first.severity === "Deny" ? "denies" : "warns of";
  return `policy ${first.policy} ${does} ${first.path}${words(first)}${more}`;
}

const kept = (message: string, isRunning: boolean): string =>
  isRunning ? `${message}; what was applied before goes on` : message;
