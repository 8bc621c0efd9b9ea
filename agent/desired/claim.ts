import { clusterOf } from "../../domain/desired/owner.ts";
import { type DesiredItem, RefusedError } from "./document.ts";
import { WaitingError } from "./failures.ts";
import type { Live } from "./live.ts";

/** @throws RefusedError or WaitingError where an object that has the document's name is not the document's to write */
export function checkClaim(live: Live, item: DesiredItem & { op: "upsert" }): void {
  const { kind, metadata } = item.resource;
  const { name } = metadata;
  if (!live.ours) {
    throw new RefusedError(`${kind} ${name} exists and was not made by KubeNova; delete or rename it`);
  }
  const cluster = clusterOf(metadata.labels);
  if (live.cluster !== undefined && live.cluster !== cluster) {
    throw new RefusedError(
      `${kind} ${name} belongs to the cluster ${live.cluster} of another control plane; a person may hand it over: docs/clusters.md`,
    );
  }
  // Another document's object: its tombstone, or a person, must free the name. Ids in a spec never change.
  if (live.key !== undefined && live.key !== item.key) {
    throw new WaitingError(`${kind} ${name} still belongs to ${live.key}`);
  }
  if (live.deleting) throw new WaitingError(`${kind} ${name} is being deleted`);
}
