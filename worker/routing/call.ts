import type { AccessObject, Permission, Principal } from "../../domain/access/index.ts";
import type { AuditDetails, AuditNote } from "../../domain/audit/note.ts";
import type { IdKind } from "../../domain/ids/index.ts";
import type { Env } from "../env.ts";
import type { NewEvent } from "../store/events.ts";

/** What a handler answers; the frame makes the HTTP response. */
export interface Answer {
  status: number;
  /** JSON; no body where absent. */
  body?: unknown;
  /** Without quotes. */
  etag?: string;
  location?: string;
  headers?: Record<string, string>;
}

/** One mutation: rows and their events, committed together or not at all. */
export interface Commit {
  db: D1Database;
  statements: D1PreparedStatement[];
  events: NewEvent[];
  answer: Answer;
  /**
   * Set where the answer holds a secret: an Idempotency-Key then stores no body, and a replay is refused with this
   * reference to what was made.
   */
  secretReference?: string;
  /**
   * Set where a repeat is known by what it brings itself, as a refresh token is: an Idempotency-Key then stores nothing.
   */
  ignoresKey?: true;
  /** What its audit entry says where the frame cannot know it. Each commit that changes something has one entry. */
  audit?: AuditDetails;
}

/** One request on its way through a handler. A handler may run again after a lost race, so it keeps no state outside. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly env: Env;
  /** Its body has been read already, unless the route takes none. */
  readonly request: Request;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Known from the first read on: his rights come with it. */
  readonly principal: Principal;
  readonly requestId: string;
  readonly correlationId: string;
  /** Milliseconds since 1970, when the request came. */
  readonly now: number;
  /** 1, and one more after each lost race. */
  readonly attempt: number;
  newId(kind: IdKind): string;
  /**
   * Asks can(principal, the route's action, object), after the first read. Each handler of a route that is not public
   * asks before it answers; the frame refuses an answer of one that did not.
   *
   * @param missing what is said of an object that is not there: who may not know of one that is, is told the same
   * @throws KubeNovaError KN-1102, KN-1200
   */
  authorize(object: AccessObject, missing?: string): void;
  /** The same for something else that the request does beside its action. @throws KubeNovaError KN-1102, KN-1200 */
  require(permission: Permission, object: AccessObject, missing?: string): void;
  /** Whether the principal may do something: for what an answer shows. It authorizes nothing. */
  can(permission: Permission, object: AccessObject): boolean;
  /** One D1 round trip. In a mutation it also looks up the Idempotency-Key and arms the outbox. */
  read(db: D1Database, statements: D1PreparedStatement[]): Promise<D1Result<Record<string, unknown>>[]>;
  /** Makes the principal known before anything is read, for a query that is made of what he may see. */
  identify(): Promise<void>;
  /** One D1 round trip of a request that changes nothing of ours: nothing is armed or looked up for a key. */
  look(db: D1Database, statements: D1PreparedStatement[]): Promise<D1Result<Record<string, unknown>>[]>;
  /**
   * Asked after authorize, before a stream is opened that the answer is made of; several of one request count as one.
   * @throws KubeNovaError KN-1603
   */
  countStream(): Promise<void>;
  /** One D1 round trip: the rows, their events and the Idempotency-Key's answer. @returns the answer */
  commit(commit: Commit): Promise<Answer>;
  /**
   * Has the audit log tell of what is no mutation: a failed login, a secret that was read. (A denial by `authorize` is told
   * of by itself, a commit by its entry.) After the answer; many like ones are counted together.
   */
  audit(note: AuditNote): void;
  /** @throws KubeNovaError KN-1301 where If-Match or If-None-Match forbids to write over what is there */
  checkPrecondition(existing: { version: number } | undefined): void;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}
