import type { Condition } from "../../../protocol/resources/common.ts";
import type { TransformStatus } from "../../../protocol/resources/transform.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import type { News } from "../kind.ts";
import { type RenderingError, summaryOf, unquoted } from "../rendering/failure.ts";
import { deniedPath } from "../rendering/outcomes.ts";

/**
 * What people read in a Transform's events when its status changes, by comparison: a restart repeats nothing. An ordinary
 * first success is not among them, for the graph's own event tells that. Events quote no value: who may read them need not
 * be allowed to read the input.
 * @param error why it is not rendered, where that is so
 */
export function transformNews(
  former: TransformStatus | undefined,
  status: TransformStatus,
  error?: RenderingError,
): News[] {
  const failed = failure(status);
  const news: News[] = [];
  if (failed && failed.reason !== "PolicyDenied" && !isSame(failed, failure(former)))
    news.push({
      type: "Warning",
      reason: "RenderFailed",
      action: "Render",
      note: error ? `${failed.reason}: ${summaryOf(unquoted(error.errors))}` : failed.reason,
    });
  news.push(...violationNews(former?.violations, status.violations));
  const [before, after] = [former?.resolvedCueRef, status.resolvedCueRef];
  const isMoved = before !== undefined && after !== undefined && before.digest !== after.digest;
  if (!failed && (isMoved || failure(former)))
    news.push({
      type: "Normal",
      reason: "Rendered",
      action: "Render",
      note: `from ${after?.revision ?? after?.digest}`,
    });
  return news;
}

/** One event, however many they are. */
export function violationNews(
  former: readonly Violation[] | undefined,
  violations: readonly Violation[] | undefined,
): News[] {
  if (!violations?.length || JSON.stringify(former) === JSON.stringify(violations)) return [];
  return [{ type: "Warning", reason: "Violated", action: "CheckPolicies", note: deniedPath(violations) }];
}

const failure = (status: TransformStatus | undefined): Condition | undefined =>
  status?.conditions?.find(
    ({ type, status: is }) => ["Fetched", "Validated", "Rendered"].includes(type) && is === "False",
  );

const isSame = (a: Condition, b: Condition | undefined): boolean =>
  a.reason === b?.reason && a.message === b.message;
