import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

/** Says on each answer to whoever is counted what is left of his limits. */
export const rateLimitHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const gate = c.get("gate");
  if (!gate || c.res.status === 101) return;
  for (const [name, value] of Object.entries(gate.fields())) c.res.headers.set(name, value);
};
