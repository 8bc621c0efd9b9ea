import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
  "Access-Control-Allow-Headers":
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Correlation-Id, Last-Event-ID, traceparent",
  "Access-Control-Max-Age": "600",
};
const EXPOSED =
  "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, X-Correlation-Id, Idempotent-Replayed";

/** Answers browsers of the origins in CORS_ORIGINS, and no others. Tokens travel in a header, so no cookie is allowed. */
export const cors: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header("origin");
  const allowed =
    origin !== undefined &&
    (c.env.CORS_ORIGINS ?? "")
      .split(",")
      .map((item) => item.trim())
      .includes(origin);
  if (c.req.method === "OPTIONS" && c.req.header("access-control-request-method")) {
    c.res = new Response(null, { status: 204, headers: allowed ? PREFLIGHT_HEADERS : {} });
  } else {
    await next();
  }
  if (c.res.status === 101) return;
  const { headers } = c.res;
  headers.append("Vary", "Origin");
  if (origin && allowed) {
    headers.set("Access-Control-Allow-Origin", origin);
    headers.set("Access-Control-Expose-Headers", EXPOSED);
    headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  }
};
