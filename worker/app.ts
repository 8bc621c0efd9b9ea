import { Hono } from "hono";
import { KubeNovaError } from "../domain/errors/index.ts";
import { discardUnreadBody } from "./middleware/body.ts";
import { type AppEnv, requestContext } from "./middleware/context.ts";
import { cors } from "./middleware/cors.ts";
import { errorResponse } from "./middleware/errors.ts";
import { accessLog } from "./middleware/log.ts";
import { countRequests } from "./middleware/metrics.ts";
import { rateLimitHeaders } from "./middleware/rate-limit.ts";
import { securityHeaders } from "./middleware/security.ts";
import { traceRequests } from "./middleware/trace.ts";
import { routes } from "./routes/index.ts";
import type { Route } from "./routing/define.ts";
import { mountRoutes } from "./routing/mount.ts";

/** The HTTPS API: middleware in order, then routes. */
export function createApp(served: readonly Route[] = routes): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(
    requestContext,
    traceRequests,
    countRequests,
    accessLog,
    securityHeaders,
    cors,
    rateLimitHeaders,
    discardUnreadBody,
  );
  mountRoutes(app, served);
  app.notFound((c) => errorResponse(new KubeNovaError("KN-1201"), c));
  app.onError((error, c) => errorResponse(error, c));
  return app;
}
