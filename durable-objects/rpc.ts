import type { AuditEntry } from "../domain/audit/entry.ts";
import type { AuditQuery } from "../domain/audit/query.ts";
import type { DesiredDocument } from "../domain/desired/index.ts";
import type { LeaseAnswer } from "../domain/limits/grant.ts";
import type { StreamVerdict } from "../domain/limits/streams.ts";
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
export interface TenantRpc extends DoorRpc {
  /** Events up to `seq` are committed: those who listen get them. */
  poke(seq: number): Promise<void>;
  /** The tenant's figures in the database are others than they were. */
  limitsChanged(): Promise<void>;
}

/** What is counted of requests and streams. */
export interface DoorRpc {
  /** Counts requests of a principal ahead of them. */
  lease(request: LeaseRequest): Promise<LeaseAnswer>;
  openStream(request: StreamRequest): Promise<StreamVerdict>;
  renewStream(request: StreamRequest): Promise<void>;
  closeStream(id: string): Promise<void>;
}

export interface LeaseRequest {
  /** A user's, a key's: who is counted beside the tenant. */
  principalId: string;
  /** Requests a minute, where the principal has a figure of its own. */
  own?: number;
  /** Tokens. */
  asked: number;
}

export interface StreamRequest {
  /** Of the stream: any text that no other has. */
  id: string;
  principalId: string;
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

/** A leaf of a log, as canonical JSON, and its index from 0. */
export interface LeafAt {
  index: number;
  leaf: string;
}

export interface AuditPage {
  items: LeafAt[];
  /** Index below which to go on; null where nothing is left. */
  next: number | null;
}

/** Where the log does not continue what was signed before, `refused` says so: nothing is signed then. */
export type SignedHead = { note: string; size: number } | { refused: string };

/** Hashes are in base 64. */
export interface InclusionProof {
  index: number;
  size: number;
  leafHash: string;
  rootHash: string;
  proof: string[];
}

export interface ConsistencyProof {
  from: number;
  to: number;
  fromHash: string;
  toHash: string;
  proof: string[];
}

export interface UpkeepState {
  /** Entries that stand in bundles. */
  archived: number;
  /** Entries that stand in the locked bucket; null where there is none. */
  worm: number | null;
  /** Why the last round failed. */
  error: string | null;
}

/** How far a log's stream has come. */
export interface SinkState {
  /** Entries that the receiver has taken. */
  delivered: number;
  waiting: number;
  /** In a row. */
  failures: number;
  /** When it is tried again, where it fails. */
  nextAt: number;
  lastError: string | null;
  deliveredAt: number | null;
}

/** One log of audit entries, by `env.AUDIT` and the tenant's id, or `platform`. */
export interface AuditRpc {
  /**
   * Appends entries, in the order given; durable when it answers. Idempotent by an entry's id. Numbered entries stand in the
   * order of their numbers: one that comes before its predecessor is kept until that is there.
   */
  append(entries: AuditEntry[]): Promise<void>;
  /** Appends what is no mutation; like ones that follow within a minute are counted, and stand as one at its end. */
  note(entry: AuditEntry): Promise<void>;
  list(query: AuditQuery): Promise<AuditPage>;
  /** The entry of an id; null where there is none. */
  find(id: string): Promise<LeafAt | null>;
  /** From an index on, in their order: as many as one answer may hold, `limit` at most. */
  leaves(from: number, limit: number): Promise<LeafAt[]>;
  /** What the log's checkpoints are called, and how many leaves its tree has. */
  head(): Promise<{ origin: string; size: number }>;
  /** The newest checkpoint, a signed note: made now where entries stand in the log that none covers. Null in an empty log. */
  checkpoint(): Promise<SignedHead | null>;
  /** That the leaf of an index stands in the tree of `size` leaves; null where there is no such leaf or size. */
  inclusion(index: number, size: number): Promise<InclusionProof | null>;
  /** Hashes of leaves from an index on, in base 64, of those whose entries are past their retention too. */
  hashes(from: number, limit: number): Promise<string[]>;
  /** Indexes that hold all entries of a time range, `to` not included; others may stand between them. */
  range(since: number | null, until: number | null): Promise<{ from: number; to: number }>;
  /** Where the log is streamed to has changed, or, where it says so, how many days it is kept: it looks there. */
  settingsChanged(retention?: boolean): Promise<void>;
  /** What became of the log beyond its own storage. */
  trail(): Promise<UpkeepState & { sink: SinkState | null }>;
  /** That the tree of `from` leaves is the beginning of that of `to`; null where there is no such size. */
  consistency(from: number, to: number): Promise<ConsistencyProof | null>;
}

/** A try to log in, of an address or at an account; the keys are digests. */
export interface LoginTry {
  address?: string;
  account?: string;
  net: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** Limits that no tenant's object holds, by `env.LIMITS` and `login:<shard>`, or `principal:<id>` of who belongs to no tenant. */
export interface LimitsRpc extends DoorRpc {
  /** @returns milliseconds until the try may be made; 0 where it may be made now, and then it counts as under way */
  tryLogin(attempt: LoginTry): Promise<number>;
  endLogin(attempt: LoginTry, succeeded: boolean): Promise<void>;
}

/** Figures of the whole manager, by `env.METRICS` and the name `platform`. */
export interface MetricsRpc {
  /** Adds what an isolate counted. */
  add(counts: RequestCounts, spans?: SpanCounts): Promise<void>;
  /** A log's head was not signed: the log does not continue what was signed before. */
  refusedCheckpoint(log: string): Promise<void>;
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
