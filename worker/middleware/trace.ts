import type { MiddlewareHandler } from "hono";
import { flushSpans } from "../tracing/export.ts";
import { beginTrace, targetOf } from "../tracing/spans.ts";
import type { AppEnv } from "./context.ts";

/**
 * A span for each request, where tracing is on: under the caller's trace where it sent a valid `traceparent`, else a new
 * one. It leaves after the answer.
 */
export const traceRequests: MiddlewareHandler<AppEnv> = async (c, next) => {
  const trace = beginTrace(c.env, c.req.header("traceparent"), {
    name: c.req.method,
    startMs: c.get("startedAt"),
  });
  if (!trace) return next();
  c.set("trace", trace);
  await next();
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

/** The labels of decisions.md 19, as far as the route names them. */
const labels = ({ tenant, project, app, environment, cluster }: Record<string, string>) => ({
  "kubenova.tenant": tenant,
  "kubenova.project": project,
  "kubenova.app": app,
  "kubenova.environment": environment,
  "kubenova.cluster": cluster,
});
