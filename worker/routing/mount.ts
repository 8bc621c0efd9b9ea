import type { Hono } from "hono";
import { KubeNovaError } from "../../domain/errors/index.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import type { Method, Route } from "./define.ts";
import { handle } from "./handle.ts";
import { type Endpoint, type Match, RouteTree } from "./route-tree.ts";

/** Registers the routes; a path has an answer to the methods that it does not have, too. */
export function mountRoutes(app: Hono<AppEnv>, routes: readonly Route[]): void {
  const tree = new RouteTree(routes);
  app.all("*", (c) => {
    const match = tree.find(c.req.path);
    if (!match) return c.notFound();
    const route = match.endpoint.routes.get(methodOf(c));
    if (route) return handle(route, c, pathParams(match));
    throw new KubeNovaError("KN-1202", undefined, { allow: allowed(match.endpoint) });
  });
}

const methodOf = (c: AppContext): Method =>
  (c.req.method === "HEAD" ? "get" : c.req.method.toLowerCase()) as Method;

/** Parameters of a matched path by name, decoded as far as they can be. */
function pathParams({ endpoint, values }: Match): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [i, name] of endpoint.names.entries()) params[name] = decoded(values[i] ?? "");
  return params;
}

function decoded(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const allowed = ({ routes }: Endpoint): string[] =>
  [...routes.keys()].flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
