import type { Hono } from "hono";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import type { Method, Route } from "./define.ts";
import { handle } from "./handle.ts";

/**
 * `/a/{b}:restore` → `/a/:b{[^/:]+:restore}`: Hono has no suffix after a parameter, so the parameter takes it in and
 * {@link pathParams} cuts it off again. Other parameters have no colon, so that the two never meet.
 */
export const honoPattern = (route: Route): string =>
  route.pattern ??
  route.path.replace(/\{(\w+)\}(:[\w-]+)?/g, (_all, name: string, verb: string | undefined) =>
    verb ? `:${name}{[^/:]+${verb}}` : `:${name}{[^/:]+}`,
  );

/** Parameters of the matched path, decoded, without the verb. */
export function pathParams(route: Route, c: AppContext): Record<string, string> {
  const params: Record<string, string> = { ...c.req.param() };
  const verb = /\{(\w+)\}(:[\w-]+)$/.exec(route.path);
  if (verb?.[1] && verb[2] && !route.pattern) {
    params[verb[1]] = (params[verb[1]] ?? "").slice(0, -verb[2].length);
  }
  return params;
}

/** Registers each route, and for each path an answer to the methods that it does not have. */
export function mountRoutes(app: Hono<AppEnv>, routes: readonly Route[]): void {
  const methods = new Map<string, Method[]>();
  for (const route of routes) {
    const pattern = honoPattern(route);
    app.on(route.method.toUpperCase(), pattern, (c) => handle(route, c, pathParams(route, c)));
    methods.set(pattern, [...(methods.get(pattern) ?? []), route.method]);
  }
  for (const [pattern, known] of methods) {
    const allow = known.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    app.all(pattern, () => {
      throw new KubeNovaError("KN-1202", undefined, { allow });
    });
  }
}
