import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS =
  "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Correlation-Id, Last-Event-ID";
const EXPOSED = "ETag, Location, Retry-After, X-Request-Id, X-Correlation-Id, Idempotent-Replayed";
const PREFLIGHT_SECONDS = "600";

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
    c.res = new Response(null, { status: 204 });
    if (allowed) {
      c.header("Access-Control-Allow-Methods", METHODS);
      c.header("Access-Control-Allow-Headers", REQUEST_HEADERS);
      c.header("Access-Control-Max-Age", PREFLIGHT_SECONDS);
    }
  } else {
    await next();
  }
  if (c.res.status === 101) return;
  c.header("Vary", "Origin", { append: true });
  if (origin && allowed) {
    c.header("Access-Control-Allow-Origin", origin);
    c.header("Access-Control-Expose-Headers", EXPOSED);
    c.header("Cross-Origin-Resource-Policy", "cross-origin");
  }
};
