import { Hono } from "hono";
import { KubeNovaError } from "../domain/errors/index.ts";
import { discardUnreadBody } from "./middleware/body.ts";
import { type AppEnv, requestContext } from "./middleware/context.ts";
import { cors } from "./middleware/cors.ts";
import { errorResponse } from "./middleware/errors.ts";
import { accessLog } from "./middleware/log.ts";
import { countRequests } from "./middleware/metrics.ts";
import { securityHeaders } from "./middleware/security.ts";
import { traceRequests } from "./middleware/trace.ts";
import { routes } from "./routes/index.ts";
import { mountRoutes } from "./routing/mount.ts";

/** The HTTPS API: middleware in order, then routes. */
export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(requestContext, traceRequests, countRequests, accessLog, securityHeaders, cors, discardUnreadBody);
  mountRoutes(app, routes);
  app.notFound((c) => errorResponse(new KubeNovaError("KN-1201"), c));
  app.onError((error, c) => errorResponse(error, c));
  return app;
}
