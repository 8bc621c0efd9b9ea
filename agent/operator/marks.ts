import { LABEL } from "../../domain/names/labels.ts";
import type { Resource } from "./resources.ts";

/** The cluster's id, which the manager writes on the resource: everything made of it carries it too (decisions.md 19). */
export function clusterMark({ metadata }: Resource): Record<string, string> {
  const cluster = metadata.labels?.[LABEL.cluster];
  return cluster === undefined ? {} : { [LABEL.cluster]: cluster };
}
