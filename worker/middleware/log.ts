import type { MiddlewareHandler } from "hono";
import type { Env } from "../env.ts";
import type { AppEnv } from "./context.ts";

const LEVELS = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevel = keyof typeof LEVELS;

const isLogged = (env: Pick<Env, "LOG_LEVEL">, level: LogLevel): boolean =>
  LEVELS[level] >= LEVELS[env.LOG_LEVEL ?? "info"];

/** One JSON line. Fields hold no secret, no query string and no body. */
export function log(
  env: Pick<Env, "LOG_LEVEL">,
  level: LogLevel,
  message: string,
  fields: Record<string, unknown>,
): void {
  if (!isLogged(env, level)) return;
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
}

/** One line a request, with the labels of what it was about (decisions.md 19). The path has no query: tokens stand there. */
export const accessLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!isLogged(c.env, "info")) return;
  const { requestId, correlationId, route, params, principalId, errorCode, startedAt } = c.var;
  log(c.env, "info", "request", {
    requestId,
    correlationId,
    // A parameter of a path may bear any name, and takes no field's place.
    ...params,
    method: c.req.method,
    path: c.req.path,
    route,
    principal: principalId,
    status: c.res.status,
    code: errorCode,
    durationMs: Date.now() - startedAt,
  });
};
