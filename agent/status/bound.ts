import {
  MAX_RENDER_ERRORS,
  MAX_REPORTED_VIOLATIONS,
  type RenderError,
  type RenderReport,
} from "../../protocol/resources/render-report.ts";
import {
  type DocumentStatus,
  documentStatusSchema,
  MAX_MESSAGE_LENGTH,
  MAX_REPORTED_NODES,
} from "../../protocol/resources/status.ts";
import type { Violation } from "../../protocol/resources/violation.ts";

const cut = (text: string) => text.slice(0, MAX_MESSAGE_LENGTH);

/**
 * A status within the bounds of its frame: the manager ends a session over a frame that is not, and one controller's long
 * message must not cut off a cluster. Undefined where it cannot be made to fit.
 */
export function bounded(status: DocumentStatus): DocumentStatus | undefined {
  const { message, nodes, violations, render, ...rest } = status;
  const fitting = {
    ...rest,
    ...(message === undefined ? {} : { message: cut(message) }),
    ...(nodes === undefined
      ? {}
      : {
          nodes: nodes
            .slice(0, MAX_REPORTED_NODES)
            .map((node) => (node.message === undefined ? node : { ...node, message: cut(node.message) })),
        }),
    ...(violations === undefined ? {} : { violations: worst(violations) }),
    ...(render === undefined ? {} : { render: fittingReport(render) }),
  };
  const parsed = documentStatusSchema.safeParse(fitting);
  return parsed.success ? parsed.data : undefined;
}

/** Those that stop come first: what is cut off is a warning. */
const worst = (violations: readonly Violation[]): Violation[] =>
  [...violations]
    .sort((a, b) => Number(b.severity === "Deny") - Number(a.severity === "Deny"))
    .slice(0, MAX_REPORTED_VIOLATIONS)
    .map((one) => ({
      ...one,
      path: cut(one.path),
      message: cut(one.message),
      policy: one.policy.slice(0, 253),
    }));

const fittingReport = ({ errors, stale, ...report }: RenderReport): RenderReport => ({
  ...report,
  ...(stale === undefined ? {} : { stale: { ...stale, reason: cut(stale.reason) } }),
  ...(errors === undefined ? {} : { errors: errors.slice(0, MAX_RENDER_ERRORS).map(fittingError) }),
});

const fittingError = (error: RenderError): RenderError => ({
  ...error,
  message: cut(error.message),
  ...(error.file === undefined ? {} : { file: cut(error.file) }),
  ...(error.path === undefined ? {} : { path: cut(error.path) }),
  ...(error.expected === undefined ? {} : { expected: cut(error.expected) }),
});
