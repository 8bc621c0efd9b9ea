import { canonicalJson, sha256 } from "../../domain/canonical/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { IDEMPOTENCY_TTL_MS, type StoredAnswer } from "../store/idempotency.ts";
import type { Answer } from "./call.ts";

/** A request's Idempotency-Key, hashed: what it is stored under, and what the same request must look like. */
export interface IdempotentRequest {
  key: string;
  id: string;
  requestHash: string;
}

/** Ends a handler early: the same request was answered before. */
export class Replay extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super("replay");
    this.answer = answer;
  }
}

/** @returns undefined where no key was given @throws KubeNovaError KN-1007 */
export async function idempotentRequest(
  request: Request,
  principalId: string,
  body: unknown,
): Promise<IdempotentRequest | undefined> {
  const key = request.headers.get("idempotency-key");
  if (key === null || request.method === "GET" || request.method === "HEAD") return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new KubeNovaError("KN-1007");
  const url = new URL(request.url);
  const ifMatch = request.headers.get("if-match") ?? "";
  const content = body === undefined ? "" : canonicalJson(body);
  return {
    key,
    id: await sha256([principalId, request.method, url.pathname, key].join("\n")),
    requestHash: await sha256([url.search, ifMatch, content].join("\n")),
  };
}

/** What the first request was allowed beside its route's action: whoever gets its answer again must be allowed it still. */
export type Required = NonNullable<StoredAnswer["required"]>;

/** What {@link replayOf} found, and what it must not be given without. */
export interface Repeat {
  end: Error;
  required: Required;
}

/**
 * How a request that was answered before ends: with that answer, KN-1302 for another request of the same key, KN-1304
 * where the answer held a secret. Undefined for a new request.
 */
export function replayOf(
  stored: StoredAnswer | undefined,
  request: IdempotentRequest,
  now: number,
): Repeat | undefined {
  if (!stored || stored.expiresAt <= now) return undefined;
  // Another request: what the first one needed is nothing to this one.
  if (stored.requestHash !== request.requestHash) return { end: new KubeNovaError("KN-1302"), required: [] };
  return { end: endOf(stored), required: stored.required ?? [] };
}

function endOf({ status, body, etag, location, reference }: StoredAnswer): Error {
  if (reference !== null) return new KubeNovaError("KN-1304", undefined, { status, reference });
  return new Replay({
    status,
    ...(body === null ? {} : { body: JSON.parse(body) }),
    ...(etag === null ? {} : { etag }),
    ...(location === null ? {} : { location }),
    headers: { "Idempotent-Replayed": "true" },
  });
}

export const toStored = (
  request: IdempotentRequest,
  answer: Answer,
  now: number,
  { secretReference, required }: { secretReference: string | undefined; required: Required },
): StoredAnswer => ({
  id: request.id,
  requestHash: request.requestHash,
  status: answer.status,
  body: answer.body === undefined || secretReference !== undefined ? null : JSON.stringify(answer.body),
  etag: answer.etag ?? null,
  location: answer.location ?? null,
  reference: secretReference ?? null,
  required: required.length > 0 ? required : null,
  createdAt: now,
  expiresAt: now + IDEMPOTENCY_TTL_MS,
});
