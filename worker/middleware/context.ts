import type { Context, MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import { newId } from "../ids.ts";
import type { Gate } from "../limits/gate.ts";
import type { ActiveSpan } from "../tracing/spans.ts";

/** What the middleware knows of a request. */
export interface RequestVariables {
  requestId: string;
  correlationId: string;
  /** Milliseconds since 1970, when the request came. */
  startedAt: number;
  /** Template of the matched route, its parameters, who asked, and the error's code: for the log alone. */
  route?: string;
  params?: Record<string, string>;
  principalId?: string;
  errorCode?: string;
  /** Counts the request, where it is one that counts. */
  gate?: Gate;
  /** The request's span, where tracing is on. */
  trace?: ActiveSpan;
}

export type AppEnv = { Bindings: Env; Variables: RequestVariables };
export type AppContext = Context<AppEnv>;

const CORRELATION_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * An answer whose headers the middleware may change in place: Hono's own `c.header` copies the whole response for each
 * header of an answer that stands already. Those of a fetch or of an object are immutable, and are copied once.
 */
export const withOwnHeaders = (response: Response): Response => new Response(response.body, response);

/** Gives each request an id, and the correlation id that its caller sent where that is well formed; both go back. */
export const requestContext: MiddlewareHandler<AppEnv> = async (c, next) => {
  const now = Date.now();
  const requestId = newId("request", now);
  const given = c.req.header("x-correlation-id");
  const correlationId = given && CORRELATION_ID.test(given) ? given : requestId;
  c.set("startedAt", now);
  c.set("requestId", requestId);
  c.set("correlationId", correlationId);
  await next();
  const { headers } = c.res;
  headers.set("X-Request-Id", requestId);
  headers.set("X-Correlation-Id", correlationId);
};
