import { API_VERSION, type CustomResource, parseDesiredKey } from "../../domain/desired/index.ts";
import type { DesiredFrame } from "../../protocol/tunnel/frames.ts";
import { isDnsLabel, isDnsSubdomain } from "../kube/index.ts";
import { digestOfResource } from "./digest.ts";

/** One desired frame, checked: what is written, and what it came from. */
export type DesiredItem = {
  key: string;
  revision: number;
  correlationId: string;
  traceparent?: string;
} & ({ op: "tombstone" } | { op: "upsert"; resource: CustomResource; digest: string });

export const RESOURCE_KINDS = ["NovaTenant", "NovaProject", "NovaApp"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];
export const isNamespaced = (kind: ResourceKind): boolean => kind === "NovaApp";

const KIND_OF_KEY = { tenant: "NovaTenant", project: "NovaProject", release: "NovaApp" } as const;

/** A document that this agent does not write, whatever the manager says; the message is for people. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/**
 * Checks a frame beyond its schema: only custom resources of ours, of the kind that the key names, and the body that
 * the digest names. Metadata beyond name, namespace, labels and annotations is not taken.
 * @throws RefusedError
 */
export function checkFrame(frame: DesiredFrame): DesiredItem {
  const { key, revision, correlationId } = frame;
  const kind = kindOf(key);
  if (frame.op === "tombstone") return { op: "tombstone", key, revision, correlationId };
  const resource = resourceOf(frame.resource, kind);
  const digest = digestOfResource(resource);
  if (frame.digest !== digest) throw new RefusedError("the document does not match its digest");
  const traced = frame.traceparent ? { traceparent: frame.traceparent } : {};
  return { op: "upsert", key, revision, correlationId, ...traced, resource, digest };
}

function kindOf(key: string): ResourceKind {
  try {
    return KIND_OF_KEY[parseDesiredKey(key).kind];
  } catch {
    throw new RefusedError("not a key that this agent knows; upgrade the agent");
  }
}

function resourceOf(value: Record<string, unknown> | undefined, kind: ResourceKind): CustomResource {
  if (!value) throw new RefusedError("the document has no resource");
  const { apiVersion, metadata, spec } = value;
  if (apiVersion !== API_VERSION || value.kind !== kind) {
    throw new RefusedError(`${String(apiVersion)} ${String(value.kind)} is not a ${API_VERSION} ${kind}`);
  }
  if (!isRecord(metadata) || !isRecord(spec)) throw new RefusedError("the document has no metadata or spec");
  const { name, namespace, labels = {}, annotations } = metadata;
  if (typeof name !== "string" || !isDnsSubdomain(name)) throw new RefusedError("the name is not a DNS name");
  if (
    isNamespaced(kind) ? typeof namespace !== "string" || !isDnsLabel(namespace) : namespace !== undefined
  ) {
    throw new RefusedError("the namespace does not fit the kind");
  }
  if (!isTexts(labels) || !(annotations === undefined || isTexts(annotations))) {
    throw new RefusedError("labels and annotations are texts");
  }
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(typeof namespace === "string" ? { namespace } : {}),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((text) => typeof text === "string");
