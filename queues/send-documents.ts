import type { DesiredDocument } from "../domain/desired/index.ts";
import { type Located, projectDocuments, tenantDocuments } from "../domain/desired/placement.ts";
import type { Touched } from "../domain/desired/touched.ts";
import { eachAtOnce, NoAnswer } from "../worker/bounded.ts";
import { readEnvironmentHistory, readProjects, readTenant } from "../worker/store/catalogue-documents.ts";
import { clusterIdentity } from "../worker/store/desired.ts";
import { releaseDocumentsOf } from "../worker/store/release-documents.ts";
import { type RawRelease, readReleases } from "../worker/store/release-rows.ts";
import type { StoredEvent } from "../worker/store/stored-event.ts";
import type { Witness } from "../worker/store/witness.ts";
import { withTrace } from "../worker/tracing/carried.ts";
import type { ClusterCalls } from "./cluster-calls.ts";
import type { Failures } from "./failures.ts";

export interface Targets {
  db: D1Database;
  clusters: ClusterCalls;
  failures: Failures;
}

export interface Touching {
  event: StoredEvent;
  touched: Touched;
}

/** Documents in one call to a cluster's object: bounded, so that a call stays far below 32 MiB. */
const MAX_DOCUMENTS_A_CALL = 100;
/** Batches of deployments, each of 4 MiB of specs at most: a cluster that hangs holds up no batch but its own. */
const BATCHES_AT_ONCE = 2;

/** The hot path: deployments of one release each, read together and sent to all clusters at once. */
export async function sendDeployments(
  targets: Targets,
  deployments: Touching[],
  releases: RawRelease[],
): Promise<void> {
  const byRelease = new Map<string, StoredEvent[]>();
  for (const { event, touched } of deployments) {
    const id = touched.releases?.id ?? "";
    byRelease.set(id, [...(byRelease.get(id) ?? []), event]);
  }
  const eventsOf = (document: DesiredDocument): StoredEvent[] =>
    byRelease.get(document.key.slice("release/".length)) ?? [];
  const batches = releaseDocumentsOf(targets.db, releases, undefined);
  await eachAtOnce(BATCHES_AT_ONCE, batches, (located) => sendLocated(targets, located, eventsOf));
}

/** Any other event: tenant, projects and releases that it touched, page by page. */
export async function sendTouched(targets: Targets, { event, touched }: Touching): Promise<void> {
  const { db } = targets;
  const owner = (): StoredEvent[] => [event];
  const also = touched.moved
    ? [...touched.clusters, ...(await readEnvironmentHistory(db, touched.moved))]
    : touched.clusters;
  if (touched.identify) await identify(targets, touched.identify);
  if (touched.tenant) {
    const tenant = await readTenant(db, touched.tenant);
    if (tenant) await sendLocated(targets, tenantDocuments(tenant, also, event.correlationId), owner);
  }
  if (touched.projects) {
    for await (const page of readProjects(db, touched.projects)) {
      const located = page.flatMap((project) => projectDocuments(project, also, event.correlationId));
      await sendLocated(targets, located, owner);
    }
  }
  if (touched.releases) {
    for await (const page of readReleases(db, touched.releases)) {
      for await (const located of releaseDocumentsOf(db, page, touched.moved ? { also } : undefined)) {
        await sendLocated(targets, located, owner);
      }
    }
  }
}

async function identify(targets: Targets, clusterId: string): Promise<void> {
  const identity = await clusterIdentity(targets.db, clusterId);
  if (identity) await targets.clusters.ask(clusterId, (cluster) => cluster.identify(identity));
}

/** Sends documents to their clusters, all clusters at once. What a cluster refuses fails only the events that need it. */
async function sendLocated(
  { clusters, failures }: Targets,
  located: Located[],
  eventsOf: (document: DesiredDocument) => StoredEvent[],
): Promise<void> {
  const byCluster = Map.groupBy(located, ({ clusterId }) => clusterId);
  await Promise.all(
    [...byCluster].map(async ([clusterId, forCluster]) => {
      const documents = forCluster.map(({ document }) => withTrace(document));
      const deliver = async (some: DesiredDocument[]): Promise<void> => {
        const witness = newestOf(some.flatMap(eventsOf));
        await clusters.ask(clusterId, (cluster) => cluster.deliver(some, witness));
      };
      for (let start = 0; start < documents.length; start += MAX_DOCUMENTS_A_CALL) {
        const call = documents.slice(start, start + MAX_DOCUMENTS_A_CALL);
        await deliver(call).catch(async (error: unknown) => {
          const whole = call.length === 1 || error instanceof NoAnswer;
          if (whole) return failures.add(call.flatMap(eventsOf), error);
          for (const each of call) await failures.attempt(eventsOf(each), () => deliver([each]));
        });
      }
    }),
  );
}

/** The newest commit among these events: the documents were read after it. */
const newestOf = (events: StoredEvent[]): Witness | undefined =>
  events.reduce<Witness | undefined>(
    (newest, { seq, id }) => (newest && newest.seq > seq ? newest : { seq, id }),
    undefined,
  );
