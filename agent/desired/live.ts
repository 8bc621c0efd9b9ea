import { API_VERSION } from "../../domain/desired/index.ts";
import { clusterOf } from "../../domain/desired/owner.ts";
import { ANNOTATION, MANAGER } from "../../domain/names/labels.ts";
import type { LiveObject, ObjectRef } from "../kube/index.ts";
import { digestOfLive } from "./digest.ts";
import type { ResourceKind } from "./document.ts";

/** What is kept of a live custom resource: its origin and what tells whether it is still as it was written. No spec. */
export interface Live {
  kind: ResourceKind;
  namespace?: string;
  name: string;
  uid: string;
  resourceVersion: string;
  /** From the annotations that the agent writes; absent where somebody else made the object. */
  key?: string;
  /** Id of the cluster that it was written for. */
  cluster?: string;
  revision: number;
  digest: string;
  epochId: string;
  orphaned: boolean;
  /** It has a deletionTimestamp. */
  deleting: boolean;
  /** Digest of what the object holds now. */
  liveDigest: string;
  /** Written by this agent: it carries our annotations, or our field manager applied it. */
  ours: boolean;
}

export type LiveRef = Pick<Live, "kind" | "namespace" | "name">;

export const liveId = ({ kind, namespace, name }: LiveRef): string => `${kind}/${namespace ?? ""}/${name}`;

export const refOf = ({ kind, namespace, name }: LiveRef): ObjectRef => ({
  apiVersion: API_VERSION,
  kind,
  name,
  ...(namespace ? { namespace } : {}),
});

export function liveOf(object: LiveObject): Live {
  const { name, namespace, uid, resourceVersion, annotations = {}, managedFields = [] } = object.metadata;
  const key = annotations[ANNOTATION.key];
  const cluster = clusterOf(object.metadata.labels);
  const applied = managedFields.some((entry) => entry.manager === MANAGER && entry.operation === "Apply");
  return {
    kind: object.kind as ResourceKind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    resourceVersion,
    ...(key ? { key } : {}),
    ...(cluster ? { cluster } : {}),
    revision: Number(annotations[ANNOTATION.revision] ?? 0) || 0,
    digest: annotations[ANNOTATION.digest] ?? "",
    epochId: annotations[ANNOTATION.epoch] ?? "",
    orphaned: annotations[ANNOTATION.orphaned] !== undefined,
    deleting: object.metadata.deletionTimestamp !== undefined,
    liveDigest: digestOfLive(object),
    ours: key !== undefined || applied,
  };
}
