import type { DesiredDocument } from "../../domain/desired/index.ts";
import type { ClusterIdentity, DeliveryResult } from "../../durable-objects/rpc.ts";
import type { Env } from "../../worker/env.ts";

/**
 * Clusters' objects that hold documents in memory by the object's own rule (newer revisions alone), and fail on demand.
 * They stand in where a test needs an object that throws; the real one has tests of its own.
 */
export class HeldClusters {
  readonly held = new Map<string, Map<string, DesiredDocument>>();
  readonly identities = new Map<string, ClusterIdentity>();
  readonly calls: { clusterId: string; keys: string[] }[] = [];
  /** Called before each delivery: may throw. */
  before: (clusterId: string, documents: DesiredDocument[]) => void = () => {};

  of(clusterId: string): Map<string, DesiredDocument> {
    const held = this.held.get(clusterId) ?? new Map<string, DesiredDocument>();
    this.held.set(clusterId, held);
    return held;
  }

  /** `key → revision op` of a cluster, for comparison. */
  summary(clusterId: string): Record<string, string> {
    return Object.fromEntries(
      [...this.of(clusterId)].map(([key, { revision, op }]) => [key, `${op}@${revision}`]),
    );
  }

  deliver(clusterId: string, documents: DesiredDocument[]): DeliveryResult {
    this.calls.push({ clusterId, keys: documents.map(({ key }) => key) });
    this.before(clusterId, documents);
    const held = this.of(clusterId);
    let accepted = 0;
    for (const document of documents) {
      if ((held.get(document.key)?.revision ?? 0) >= document.revision) continue;
      held.set(document.key, document);
      accepted++;
    }
    return { accepted, stale: documents.length - accepted };
  }

  /** The environment with these objects in the place of the clusters'. */
  within(env: Env): Env {
    const getByName = (clusterId: string) => ({
      deliver: async (documents: DesiredDocument[]) => this.deliver(clusterId, structuredClone(documents)),
      identify: async (identity: ClusterIdentity) => void this.identities.set(clusterId, identity),
    });
    return { ...env, CLUSTER: { getByName } as unknown as Env["CLUSTER"] };
  }
}
