import type { AccessObject, Principal } from "../../domain/access/index.ts";
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
}

/** One request on its way through a handler. A handler may run again after a lost race, so it keeps no state outside. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly env: Env;
  /** Its body has been read already, unless the route takes none. */
  readonly request: Request;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly principal: Principal;
  readonly requestId: string;
  readonly correlationId: string;
  /** Milliseconds since 1970, when the request came. */
  readonly now: number;
  /** 1, and one more after each lost race. */
  readonly attempt: number;
  newId(kind: IdKind): string;
  /**
   * Asks can(principal, the route's action, object). Each handler of a route that is not public asks before it
   * answers; the frame refuses an answer of one that did not.
   * @throws KubeNovaError KN-1102; KN-1200 where the principal may not even know of the tenant
   */
  authorize(object: AccessObject): void;
  /** One D1 round trip. In a mutation it also looks up the Idempotency-Key and arms the outbox. */
  read(db: D1Database, statements: D1PreparedStatement[]): Promise<D1Result<Record<string, unknown>>[]>;
  /** One D1 round trip: the rows, their events and the Idempotency-Key's answer. @returns the answer */
  commit(commit: Commit): Promise<Answer>;
  /** @throws KubeNovaError KN-1301 where If-Match or If-None-Match forbids to write over what is there */
  checkPrecondition(existing: { version: number } | undefined): void;
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}
