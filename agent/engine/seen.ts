import { ANNOTATION, LABEL, MANAGER } from "../../domain/names/labels.ts";
import { type LiveObject, refOf } from "../kube/index.ts";
import { isMadeByUs, isScaled, liveHash } from "./fields.ts";
import { otherOwnerOf } from "./managed-by-others.ts";
import { GRAPH_ANNOTATION, GUARDED, RUN_ANNOTATION } from "./marks.ts";
import { at, type Seen } from "./model.ts";
import { conditionsOf, isBehind } from "./readiness/conditions.ts";
import { readinessOf } from "./readiness/index.ts";

/** What is kept of a live object. */
export function seenOf(object: LiveObject): Seen {
  const { uid, resourceVersion, deletionTimestamp, finalizers = [], annotations = {} } = object.metadata;
  const graphUid = annotations[ANNOTATION.graph];
  const graphKey = annotations[GRAPH_ANNOTATION];
  const lineage = annotations[ANNOTATION.lineage];
  const run = annotations[RUN_ANNOTATION];
  const otherOwner = otherOwnerOf(object);
  return {
    ref: refOf(object),
    uid,
    resourceVersion,
    deleting: deletionTimestamp !== undefined,
    finalizers,
    labelled: object.metadata.labels?.[LABEL.managedBy] === MANAGER,
    disabled: annotations[ANNOTATION.reconcile] === "disabled",
    protected: annotations[ANNOTATION.protect] === "true",
    managers: othersOf(object),
    liveHash: liveHash(object),
    readiness: readinessOf(object),
    conditions: conditionsOf(object),
    behind: isBehind(object),
    hasTtl: at(object, "spec", "ttlSecondsAfterFinished") !== undefined,
    guarded: object.metadata.labels?.[LABEL.laterWriters] === GUARDED,
    scaled: isScaled(object),
    made: isMadeByUs(object),
    ...(graphUid ? { graphUid } : {}),
    ...(graphKey ? { graphKey } : {}),
    ...(lineage ? { lineage } : {}),
    ...(run ? { run } : {}),
    ...(otherOwner ? { otherOwner } : {}),
  };
}

const NOBODY: readonly string[] = [];

function othersOf({ metadata: { managedFields = [] } }: LiveObject): readonly string[] {
  const others = managedFields.filter(({ manager, subresource }) => !subresource && manager !== MANAGER);
  // One empty list for all: most objects have no other manager.
  return others.length === 0 ? NOBODY : others.map(({ manager = "" }) => manager);
}
