import type { Env } from "../env.ts";
import type { Gate } from "../limits/gate.ts";
import type { Caller } from "../middleware/caller.ts";
import type { ActiveSpan } from "../tracing/spans.ts";
import type { Route } from "./define.ts";
import type { IdempotentRequest } from "./idempotency.ts";

/** Ends a handler's run: what it read has changed since. It runs again and sees the newest state. */
export class LostRace extends Error {}

/** A request that was matched, authenticated and validated: what a call is made of. */
export interface CallInput {
  route: Route;
  env: Env;
  request: Request;
  params: unknown;
  query: unknown;
  body: unknown;
  caller: Caller;
  requestId: string;
  correlationId: string;
  now: number;
  idempotent: IdempotentRequest | undefined;
  /** Absent where nothing is counted. */
  gate?: Gate | undefined;
  /** The request's span, where tracing is on. */
  trace?: ActiveSpan | undefined;
  waitUntil(work: Promise<unknown>): void;
}
