import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical/index.ts";
import type { LiveObject } from "../kube/index.ts";

const OURS = "kubenova.io/";

/** As digestOf of domain/canonical, at once instead of as a promise: one is computed for each event of a watch. */
export const digestOfResource = (resource: unknown): string =>
  `sha256:${createHash("sha256").update(canonicalJson(resource)).digest("hex")}`;

/**
 * Digest of what a live object holds of the document that it was written from: equal to the document's digest as long as
 * nobody changed it. What the server adds (status, managed fields) and the annotations about origin are left out.
 */
export function digestOfLive(object: LiveObject): string {
  const { name, namespace, labels = {}, annotations = {} } = object.metadata;
  const foreign = Object.entries(annotations).filter(([key]) => !key.startsWith(OURS));
  return digestOfResource({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      labels,
      ...(foreign.length > 0 ? { annotations: Object.fromEntries(foreign) } : {}),
    },
    spec: object.spec,
  });
}
