import { KubeError, type LiveObject } from "../kube/index.ts";
import type { Adoption } from "./adoption.ts";
import type { Host } from "./host.ts";
import type { NodeRun, Run } from "./node-run.ts";
import { MAX_PASSES, readOvertaken, requestOf } from "./overtaken.ts";
import { ownerOf } from "./ownership.ts";
import { readLive } from "./read.ts";
import { seenOf } from "./seen.ts";
import { takeOverPatch } from "./take-over.ts";

/**
 * Makes the fields of the policy's managers ours, then leaves it to `apply` to drop those that the node does not name.
 * Fields that are recorded in several versions of the API are taken one version at a time, with an apply after each.
 */
export async function takeOwnership(
  host: Host,
  run: Run,
  one: NodeRun,
  adoption: Adoption,
  apply: (live: LiveObject) => Promise<LiveObject>,
): Promise<LiveObject> {
  const { ref } = one.node;
  const options = { ...requestOf(host, run), type: "json" } as const;
  let live = await readLive(host.ctx, ref, run.as);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    insist(host, run, one, adoption, live);
    const patch = takeOverPatch(live, adoption.managers);
    if (!patch) return apply(live);
    try {
      live = await apply(await host.ctx.kube.patch(ref, patch, options));
    } catch (error) {
      live = await readOvertaken(host, run, one, { live, error });
      continue;
    }
    if (!takeOverPatch(live, adoption.managers)) return live;
  }
  throw new KubeError(`${ref.kind} ${ref.name} changes faster than it can be taken over`, {
    ...{ kind: "conflict", status: 409, reason: "Conflict" },
  });
}

/** Whose it is is asked of the version that is about to be patched, which is the only one the patch applies to. */
function insist(host: Host, run: Run, one: NodeRun, adoption: Adoption, live: LiveObject): void {
  const seen = seenOf(live);
  const owner = ownerOf(seen, run.identity, host.inventory.get(one.node.key)?.uid);
  const other = owner === "ours" ? undefined : seen.otherOwner;
  if (owner !== "other" && (!other || adoption.allows(other)) && !seen.disabled && !seen.deleting) return;
  host.ctx.cache.put(live);
  throw new KubeError(`${live.kind} ${live.metadata.name} is not to be taken over any more`, {
    ...{ kind: "conflict", status: 409, reason: "Conflict" },
  });
}
