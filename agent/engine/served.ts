import { groupKind, type Kube, type KubeError, type ObjectRef } from "../kube/index.ts";

/** `reason` of what discovery itself has just said. */
const DISCOVERED = "NoSuchKind";

/**
 * An object whose version the server has just denied, under another one that it serves: versions of one API serve the
 * same object. Undefined where the group has no such kind any more, and so no such object. Rejects where that cannot be
 * known yet.
 */
export async function otherVersionOf(
  kube: Pick<Kube, "resourceTypes">,
  ref: ObjectRef,
  denied: KubeError,
): Promise<ObjectRef | undefined> {
  const types = await kube.resourceTypes({ refresh: denied.reason !== DISCOVERED });
  const same = types.filter((type) => groupKind(type) === groupKind(ref));
  // A server that is just starting, or going: its discovery and its paths do not agree.
  if (same.some(({ apiVersion }) => apiVersion === ref.apiVersion))
    throw new Error(`${denied.message}, though ${ref.apiVersion} is said to have it`);
  const other = same.find(({ verbs }) => verbs.includes("get") && verbs.includes("delete"));
  return other && { ...ref, apiVersion: other.apiVersion };
}
