import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import type { GraphMetadata, GraphNode, ResourceGraphSpec } from "../../../protocol/resources/graph.ts";
import type { Violation } from "../../../protocol/resources/violation.ts";
import { VERSION } from "../../version.ts";
import type { Good } from "./attempt.ts";

/** What a graph has beside what was rendered: its owner says it. */
export type GraphFrame = Pick<
  ResourceGraphSpec,
  "applyAs" | "sourceRef" | "labels" | "prune" | "drift" | "adopt"
> & {
  metadata: Pick<GraphMetadata, "name" | "version">;
};

const MAX_REF = 1_024;

/**
 * The graph of a rendering. When it was first rendered, and by which versions, stays as the live graph says where the
 * rendering is the same: an upgrade of the agent alone is no reason to write a thousand graphs.
 */
export function moduleGraph(
  { metadata: { name, version }, ...frame }: GraphFrame,
  cueRef: CueRef,
  good: Good,
  nodes: GraphNode[],
  former: { metadata: GraphMetadata | undefined; sameNodes: boolean },
  now: string,
): ResourceGraphSpec {
  const { renderHash, source, violations } = good;
  const isSame = former.sameNodes && former.metadata?.renderHash === renderHash;
  const { renderedAt = now, engineVersion = VERSION, languageVersions } = (isSame && former.metadata) || {};
  return {
    ...defined(frame),
    metadata: {
      name,
      version: version ?? shortDigest(source.revision ?? source.digest),
      platformRef: platformRef(cueRef, source.digest),
      ...{ renderHash, renderedAt, engineVersion },
      languageVersions: languageVersions ?? good.languageVersions,
    },
    ...(violations.length > 0 ? { violations: bounded(violations) } : {}),
    nodes,
  };
}

/** `oci://registry/web:1@sha256:…`; an inline module has no name but its digest. */
export function platformRef({ type, ref, path }: CueRef, digest: string): string {
  const name = type === "inline" ? "" : ref.slice(0, MAX_REF);
  const at = name.includes("@sha256:") ? name : `${name}@${digest}`;
  const shown = type === "git" ? at : type === "inline" ? `inline${at}` : `${type}://${at}`;
  return path ? `${shown}#${path}` : shown;
}

const SHORT = 12;

/** The first 12 characters of a digest or a commit, as people compare them. */
export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, SHORT);

const MAX_TEXT = 1_024;
const MAX_POLICY_NAME = 253;

/** Within the bounds of what they are stored in; those that deny first. */
export const bounded = (violations: readonly Violation[], max = 100): Violation[] =>
  [...violations]
    .sort((a, b) => Number(b.severity === "Deny") - Number(a.severity === "Deny"))
    .slice(0, max)
    .map(({ path, message, severity, policy }) => ({
      path: path.slice(0, MAX_TEXT),
      message: message.slice(0, MAX_TEXT),
      severity,
      policy: policy.slice(0, MAX_POLICY_NAME),
    }));

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
