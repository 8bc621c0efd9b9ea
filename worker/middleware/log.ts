import type { MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import type { AppEnv } from "./context.ts";

const LEVELS = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevel = keyof typeof LEVELS;

/** One JSON line. Fields hold no secret, no query string and no body. */
export function log(
  env: Pick<Env, "LOG_LEVEL">,
  level: LogLevel,
  message: string,
  fields: Record<string, unknown>,
): void {
  if (LEVELS[level] < LEVELS[env.LOG_LEVEL ?? "info"]) return;
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
}

/** One line a request, with the labels of what it was about (decisions.md 19). The path has no query: tokens stand there. */
export const accessLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  log(c.env, "info", "request", {
    requestId: c.var.requestId,
    correlationId: c.var.correlationId,
    method: c.req.method,
    path: c.req.path,
    route: c.var.route,
    ...c.var.params,
    principal: c.var.principalId,
    status: c.res.status,
    code: c.var.errorCode,
    durationMs: Date.now() - c.var.startedAt,
  });
};
