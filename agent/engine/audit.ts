import { ANNOTATION } from "../../domain/names/labels.ts";
import { auditId, type KubeObject } from "../kube/index.ts";

let requests = 0;

/** Audit-IDs of requests on behalf of an object, each its own, under the correlation id of its change (decisions.md 21). */
export function auditIds({ kind, metadata }: KubeObject): () => string {
  const correlation =
    metadata.annotations?.[ANNOTATION.correlation] ?? `${kind}-${metadata.uid ?? metadata.name}`;
  return () => {
    requests += 1;
    return auditId(correlation, requests);
  };
}
