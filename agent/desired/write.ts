import { originAnnotations } from "../../domain/desired/index.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { withFinalizer } from "../../protocol/resources/common.ts";
import { auditId, isKind, type Kube, type KubeObject } from "../kube/index.ts";
import { checkClaim } from "./claim.ts";
import { type Audit, createDeletion, type Deleted } from "./deletion.ts";
import type { DesiredItem } from "./document.ts";
import { WaitingError } from "./failures.ts";
import { type Live, type LiveRef, liveId, refOf } from "./live.ts";
import type { LiveObjects } from "./live-objects.ts";

/**
 * `stored`: the API server holds it. `unchanged`: it did so before, nothing was sent. `stale`: the cluster holds a newer
 * revision of this epoch; nothing was sent. See {@link Deleted} for the rest.
 */
export type Outcome = "stored" | "unchanged" | Deleted;

export interface ResourceWriter {
  /** Rejects with a RefusedError, a WaitingError or a KubeError. */
  apply(item: DesiredItem & { op: "upsert" }, epochId: string): Promise<Outcome>;
  /** Deletes what carries the tombstone's key. */
  remove(item: DesiredItem & { op: "tombstone" }, epochId: string): Promise<Outcome>;
  /** Deletes what a complete snapshot lacks, unless it changed since it was judged. */
  removeAbsent(live: Live): Promise<void>;
  /** Marks what a new epoch's first snapshot lacks. It stays as it is. */
  markOrphan(live: Live): Promise<void>;
  /** Whether somebody else changed what we wrote. False while we write it. */
  drifted(live: Live): boolean;
}

export function createWriter(kube: Kube, objects: LiveObjects): ResourceWriter {
  /** Digests that the server made of what we applied, where it is not what we sent (defaults, others' labels). */
  const accepted = new Map<string, string>();
  const writing = new Set<string>();
  let requests = 0;

  const intact = (live: Live) =>
    live.liveDigest === live.digest || accepted.get(live.uid) === live.liveDigest;
  const audit: Audit = (correlationId) => ({ auditId: auditId(correlationId, ++requests) });
  const deleteIfSame = createDeletion({ kube, objects, audit });

  return {
    async apply(item, epochId) {
      const ref: LiveRef = { kind: item.resource.kind, ...item.resource.metadata };
      const live = mustBeSynced(objects, ref.kind).get(ref);
      if (live) checkClaim(live, item);
      if (live && isOf(live, item.key, epochId)) {
        if (live.revision > item.revision) return "stale";
        const same = live.revision === item.revision && live.digest === item.digest;
        if (same && !live.orphaned && intact(live)) return "unchanged";
      }
      const id = liveId(ref);
      writing.add(id);
      try {
        const answer = await kube.apply(objectOf(item, epochId), {
          force: true,
          ...audit(item.correlationId),
        });
        const now = objects.observe(answer);
        if (now.liveDigest === item.digest) accepted.delete(now.uid);
        else accepted.set(now.uid, now.liveDigest);
        if (now.deleting) throw new WaitingError(`${ref.kind} ${ref.name} is being deleted`);
        if (now.orphaned)
          objects.observe(await kube.patch(refOf(now), annotate(null), audit(item.correlationId)));
        return "stored";
      } finally {
        writing.delete(id);
      }
    },

    async remove(item, epochId) {
      for (const kind of ["NovaTenant", "NovaProject", "NovaApp"] as const) mustBeSynced(objects, kind);
      const meant = (now: Live) =>
        now.key === item.key && !(now.epochId === epochId && now.revision > item.revision);
      const outcomes: Outcome[] = [];
      for (const live of objects.withKey(item.key)) {
        outcomes.push(meant(live) ? await deleteIfSame(live, meant, item.correlationId) : "stale");
      }
      return outcomes.includes("deleting") ? "deleting" : outcomes.includes("stale") ? "stale" : "gone";
    },

    async removeAbsent(live) {
      const same = (now: Live) =>
        now.key === live.key && now.epochId === live.epochId && now.revision === live.revision;
      await deleteIfSame(live, same);
    },

    async markOrphan(live) {
      if (live.orphaned || live.deleting) return;
      const metadata = { uid: live.uid, annotations: { [ANNOTATION.orphaned]: "true" } };
      try {
        objects.observe(await kube.patch(refOf(live), { metadata }));
      } catch (error) {
        // It is gone, or another object has its name now: nothing to mark.
        if (!isKind(error, "notFound", "conflict")) throw error;
      }
    },

    drifted: (live) =>
      live.key !== undefined && !live.deleting && !writing.has(liveId(live)) && !intact(live),
  };
}

const isOf = (live: Live, key: string, epochId: string) => live.key === key && live.epochId === epochId;

const annotate = (orphaned: string | null) => ({
  metadata: { annotations: { [ANNOTATION.orphaned]: orphaned } },
});

function mustBeSynced(objects: LiveObjects, kind: Live["kind"]): LiveObjects {
  if (objects.synced(kind)) return objects;
  throw new WaitingError(`the cluster's ${kind} objects are not listed yet; are the definitions installed?`);
}

function objectOf(item: DesiredItem & { op: "upsert" }, epochId: string): KubeObject {
  const { apiVersion, kind, metadata, spec } = item.resource;
  const annotations = { ...metadata.annotations, ...originAnnotations(item, item.digest, epochId) };
  // Its controller would add the finalizer otherwise: one more write for each resource.
  return withFinalizer({ apiVersion, kind, metadata: { ...metadata, annotations }, spec });
}
