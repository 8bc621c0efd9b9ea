import { ANNOTATION } from "../../domain/names/labels.ts";
import { isKind, type Kube } from "../kube/index.ts";
import { type Live, liveOf, refOf } from "./live.ts";
import type { LiveObjects } from "./live-objects.ts";

/**
 * `deleting`: the deletion is stored, finalizers hold the object for a while. `gone`: there is no such object.
 * `stale`: it is not what was judged any more; nothing was sent.
 */
export type Deleted = "deleting" | "gone" | "stale";

/** Names whose request one write carries out. */
export type Audit = (correlationId: string) => { auditId: string };

/** Deletes an object as long as it is what was judged. */
export type DeleteIfSame = (
  live: Live,
  stillMeant: (now: Live) => boolean,
  /** Of who deletes it; absent where nobody asked. */
  correlationId?: string,
) => Promise<Deleted>;

export function createDeletion(options: { kube: Kube; objects: LiveObjects; audit: Audit }): DeleteIfSame {
  const { kube, objects, audit } = options;

  /** Whoever ends what was made of it reads there whose request that is, and not the one that made it. */
  const named = async (now: Live, correlationId: string): Promise<Live> => {
    const { uid, resourceVersion } = now;
    const metadata = { uid, resourceVersion, annotations: { [ANNOTATION.correlation]: correlationId } };
    return objects.observe(await kube.patch(refOf(now), { metadata }, audit(correlationId)));
  };

  return async (live, stillMeant, correlationId) => {
    const fresh = await kube.get(refOf(live)).catch((error: unknown) => {
      if (isKind(error, "notFound")) return undefined;
      throw error;
    });
    if (!fresh || fresh.metadata.uid !== live.uid) return "gone";
    const now = liveOf(fresh);
    if (!stillMeant(now)) return "stale";
    if (now.deleting) return "deleting";
    const options = correlationId === undefined ? {} : audit(correlationId);
    const { uid, resourceVersion } = correlationId ? await named(now, correlationId) : now;
    const preconditions = { uid, resourceVersion };
    const result = await kube.delete(refOf(live), { ...options, preconditions }).catch((error: unknown) => {
      if (isKind(error, "notFound")) return { gone: true };
      throw error;
    });
    return result.gone ? "gone" : "deleting";
  };
}
