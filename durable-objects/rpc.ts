import type { DesiredDocument } from "../domain/desired/index.ts";
import type { RequestCounts, SpanCounts } from "../domain/metrics/requests.ts";
import type { EventFilter } from "../protocol/events/filter.ts";
import type { Capabilities, DocumentStatus, Inventory } from "../protocol/resources/status.ts";
import type { StreamTarget } from "../protocol/tunnel/frames.ts";
import type { Witness } from "../worker/store/witness.ts";

/** What others may ask of a Durable Object: the only thing that routes, queues and the other objects import from here. */

export interface ClusterIdentity {
  clusterId: string;
  name: string;
  mode: "manage" | "read-only";
  deleted: boolean;
  epoch: number;
  epochId: string;
  /** Version of the row that this was read from: an older one is ignored. */
  version: number;
  /** Keys that may prove themselves, from D1. */
  keys: { publicKey: string; kubeUid: string }[];
}

export interface Liveness {
  /** A session's socket is open and was heard of within UNKNOWN_AFTER_MS. */
  connected: boolean;
  /** Milliseconds since 1970 of the last sign of life; null where there was none. */
  lastSeenAt: number | null;
  session: number;
  /** The database was restored from before what the cluster was told: it keeps that until a person declares an epoch. */
  diverged?: boolean;
}

export interface ClusterOverview {
  liveness: Liveness;
  epoch: number;
  epochId: string;
  capabilities: Capabilities | null;
  inventory: Inventory | null;
  agentVersion: string | null;
  /** Sequence number of the newest desired document, and up to where the agent has stored them. */
  seq: number;
  ackedSeq: number;
  documents: number;
  orphans: { key: string; message: string }[];
  /** Milliseconds since 1970 when the object last woke. */
  awakeSince: number;
}

export interface DeliveryResult {
  /** Documents that were newer than what the object held. */
  accepted: number;
  /** Documents that were not newer: harmless repeats. */
  stale: number;
}

/** One cluster's owner, by `env.CLUSTER` and the cluster's id. */
export interface ClusterRpc {
  /** Tells the object who it is; called on each change of the cluster's row or keys. Idempotent. */
  identify(identity: ClusterIdentity): Promise<void>;
  /**
   * Level-based: stores each document whose revision is newer than the one held, then pushes. Idempotent.
   * @param witness a commit that the documents were read after
   */
  deliver(documents: DesiredDocument[], witness?: Witness): Promise<DeliveryResult>;
  liveness(): Promise<Liveness>;
  overview(): Promise<ClusterOverview>;
  /** Newest status of each key, and the liveness to read them with. */
  statuses(keys: string[]): Promise<{ liveness: Liveness; statuses: DocumentStatus[] }>;
  /** Removes an orphaned document for good: a tombstone in this epoch. @returns false where the key is not orphaned */
  removeOrphan(key: string, correlationId: string): Promise<boolean>;
  /** Turns unwatched silence into an event, and has told what a crash left untold. Where nothing changed, writes nothing. */
  sweep(): Promise<void>;
}

/** The fleet's clock, by `env.FLEET` and the name `platform`. */
export interface FleetRpc {
  /** From now on, all registered clusters are swept: called when one connects. Idempotent. */
  watch(): Promise<void>;
}

/** One tenant's live feed, by `env.TENANT` and the tenant's id, or `platform` for all events. `fetch` opens it. */
export interface TenantRpc {
  /** Events up to `seq` are committed: those who listen get them. */
  poke(seq: number): Promise<void>;
}

/** Body of the request that opens a feed: POST, any path. The answer is a stream of server-sent events. */
export interface FeedRequest {
  filter: EventFilter;
  /** Sequence number after which to begin; from the newest event on where absent. */
  after?: number;
}

/** Alarm clock of undelivered events, by `env.OUTBOX` and the shard. */
export interface OutboxRpc {
  /** Called before a commit: an alarm stands, so that the commit's events are delivered even if the caller dies. */
  arm(): Promise<void>;
  /** Answers: for readiness. */
  ping(): Promise<void>;
}

/** Figures of the whole manager, by `env.METRICS` and the name `platform`. */
export interface MetricsRpc {
  /** Adds what an isolate counted. */
  add(counts: RequestCounts, spans?: SpanCounts): Promise<void>;
  /** Everything, in the Prometheus text format. */
  render(): Promise<string>;
}

/**
 * A stream that a route opens by `fetch` of a cluster's object: method, body and Upgrade are those of the request, and
 * this stands, as JSON, in the header STREAM_HEADER. An answer with STREAM_ERROR_HEADER is an error of ours: the header has its
 * code, the body `{message, details}`; every other answer is the cluster's.
 */
export interface StreamOpen {
  target: StreamTarget;
  /** Milliseconds until the answer's head must be there. */
  deadlineMs: number;
  /** Milliseconds without a byte after which an answer ends that has no harmless byte to be kept alive with. */
  idleMs: number;
  correlationId: string;
  /** How a log's bytes are given: as they are, or line by line. */
  lines?: "ndjson" | "sse";
}

export const STREAM_HEADER = "x-kubenova-stream";
export const STREAM_ERROR_HEADER = "x-kubenova-stream-error";
