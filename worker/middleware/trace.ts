import type { MiddlewareHandler } from "hono";
import { ANONYMOUS } from "../../domain/access/index.ts";
import { flushSpans } from "../tracing/export.ts";
import { beginTrace, targetOf } from "../tracing/spans.ts";
import type { Caller } from "./caller.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** It is known who asks, or that it need not be: the trace begins, where there is to be one. */
export function traceFor(c: AppContext, caller: Caller): void {
  const trace = begin(c, caller.id === ANONYMOUS.id ? undefined : caller.id);
  if (trace) c.set("trace", trace);
}

/**
 * A span for each request that is traced: under the caller's trace where it sent a valid `traceparent`, else a new one. It
 * leaves after the answer. What was refused before anybody knew who asks is nobody's.
 */
export const traceRequests: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const trace = c.get("trace") ?? (c.get("principalId") === undefined ? begin(c, undefined) : undefined);
  if (!trace) return;
  const { route, params = {}, requestId, correlationId, errorCode } = c.var;
  const { status } = c.res;
  trace.end({
    name: `${c.req.method} ${route ?? "no route"}`,
    attributes: {
      "http.request.method": c.req.method,
      "http.route": route,
      "http.response.status_code": status,
      "error.type": errorCode,
      "kubenova.request_id": requestId,
      "kubenova.correlation_id": correlationId,
      ...labels(params),
    },
    ...(status >= 500 ? { error: errorCode ?? String(status) } : {}),
  });
  const target = targetOf(c.env);
  if (target) c.executionCtx.waitUntil(flushSpans(target));
};

const begin = (c: AppContext, caller: string | undefined) =>
  beginTrace(
    c.env,
    { traceparent: c.req.header("traceparent"), caller },
    { name: c.req.method, startMs: c.get("startedAt") },
  );

/** The labels of decisions.md 19, as far as the route names them. */
const labels = ({ tenant, project, app, environment, cluster }: Record<string, string>) => ({
  "kubenova.tenant": tenant,
  "kubenova.project": project,
  "kubenova.app": app,
  "kubenova.environment": environment,
  "kubenova.cluster": cluster,
});
