import { type ErrorBody, KubeNovaError } from "../../domain/errors/index.ts";
import type { AppContext } from "./context.ts";
import { log } from "./log.ts";

/** What D1 and the objects say when they are away for a moment, and another try may do. */
const TRANSIENT = /overloaded|connection lost|network|timed? ?out|reset because|internal error; reference/i;

/** The one place where an error becomes an answer. What is not of our vocabulary is logged, and told of only by its id. */
export function errorResponse(error: unknown, c: AppContext): Response {
  const known = toKnown(error);
  if (known.status >= 500) {
    log(c.env, "error", "request failed", {
      requestId: c.var.requestId,
      correlationId: c.var.correlationId,
      code: known.code,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
  c.set("errorCode", known.code);
  const body: ErrorBody = {
    error: {
      code: known.code,
      message: known.message,
      ...(known.details ? { details: known.details } : {}),
      requestId: c.var.requestId,
    },
  };
  return Response.json(body, { status: known.status, headers: headersOf(known) });
}

function toKnown(error: unknown): KubeNovaError {
  if (error instanceof KubeNovaError) return error;
  return new KubeNovaError(TRANSIENT.test(String(error)) ? "KN-1901" : "KN-1900");
}

function headersOf(error: KubeNovaError): Record<string, string> {
  if (error.status === 401) return { "WWW-Authenticate": 'Bearer realm="kubenova"' };
  const seconds = error.details?.retryAfterSeconds;
  if (error.status === 429 || error.status === 503) return { "Retry-After": String(seconds ?? 1) };
  const allow = error.details?.allow;
  return error.status === 405 && Array.isArray(allow) ? { Allow: allow.join(", ") } : {};
}
