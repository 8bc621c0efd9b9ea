import { isKind, KubeError } from "../kube/index.ts";
import { errorText } from "../log.ts";
import type { Outcome } from "./status.ts";

/**
 * What a resource's status says where its graph could not be written; undefined: nothing, the next attempt comes soon (no
 * answer came, another was faster, or its namespace goes).
 */
export function notWritten(error: unknown, graph: string, isRunning: boolean): Outcome | undefined {
  if (isKind(error, "conflict", "tooMany", "terminating")) return undefined;
  if (error instanceof KubeError && error.status === 0) return undefined;
  const kept = isRunning ? "; what was applied before goes on" : "";
  return {
    // A server, or a webhook, that is unwell has refused nothing.
    phase: isKind(error, "transient") ? "Executing" : "Failed",
    reason: "GraphNotWritten",
    message: `the ResourceGraph ${graph} could not be written: ${errorText(error)}${kept}`,
  };
}
