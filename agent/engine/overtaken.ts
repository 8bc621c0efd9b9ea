import { isKind, type LiveObject } from "../kube/index.ts";
import type { Host } from "./host.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { readLive } from "./read.ts";

/** How often what tests an object's version is tried: versions that may come between a read and a patch. */
export const MAX_PASSES = 8;

/** What goes with each request that a run makes for its nodes. */
export const requestOf = (host: Host, run: Run) => ({
  auditId: run.auditId,
  signal: host.ctx.signal,
  ...(run.as ? { as: run.as } : {}),
});

/**
 * After a patch that tests the version of what was read: the API server answers 422 where another has come, and it is read
 * again.
 *
 * @throws the error itself, where no other version has come: then it speaks of something else
 */
export async function readOvertaken(
  host: Host,
  run: Run,
  one: NodeRun,
  { live, error }: { live: LiveObject; error: unknown },
): Promise<LiveObject> {
  if (!isKind(error, "invalid", "conflict")) throw error;
  const now = await readLive(host.ctx, one.node.ref, run.as);
  if (now.metadata.resourceVersion === live.metadata.resourceVersion) throw error;
  return now;
}
