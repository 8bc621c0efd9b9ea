import { env } from "cloudflare:workers";
import type { z } from "zod";
import type { Principal } from "../../domain/access/index.ts";
import { newId } from "../../worker/ids.ts";
import { knownCaller } from "../../worker/middleware/caller.ts";
import type { Answer } from "../../worker/routing/call.ts";
import type { Route } from "../../worker/routing/define.ts";
import { toJsonSchema } from "../../worker/routing/json-schema.ts";
import { RunningCall } from "../../worker/routing/running.ts";
import { validate } from "../../worker/routing/validate.ts";

/** Parameters by the examples in the document; of a query the required ones. */
function exampleOf(route: Route, schema: z.ZodType | undefined, all: boolean): Record<string, unknown> {
  if (!schema) return {};
  const { properties, required = [] } = toJsonSchema(schema, "input", new Map()) as {
    properties: Record<string, { examples?: unknown[] }>;
    required?: string[];
  };
  const named = Object.entries(properties).filter(([name]) => all || required.includes(name));
  return Object.fromEntries(
    named.map(([name, { examples }]) => [name, route.parameterExamples?.[name] ?? examples?.[0]]),
  );
}

/** What a commit would have written is thrown away: every route can be tried by everybody on one world. */
class DryCall extends RunningCall {
  override commit(): Promise<Answer> {
    throw new Error("nothing is committed here");
  }
}

export interface Tried {
  /** Whether the principal was allowed to do it. */
  authorized: boolean;
  /** What the handler threw, or its answer. */
  outcome: unknown;
}

/** What stands in place of an example, where that names no tenant. */
export interface Instead {
  query?: Record<string, string>;
  body?: unknown;
}

/** Runs a route's handler on the examples of its document, for a principal. */
export async function tryRoute(route: Route, principal: Principal, instead: Instead = {}): Promise<Tried> {
  const params = exampleOf(route, route.params, true);
  const path = route.path.replace(/\{(\w+)\}/g, (_all, name: string) => String(params[name]));
  const call = new DryCall({
    route,
    env,
    request: new Request(`https://kubenova.test${path}`, { method: route.method.toUpperCase() }),
    params,
    query: route.query
      ? validate(route.query, { ...exampleOf(route, route.query, false), ...instead.query }, "query")
      : undefined,
    body: route.body ? validate(route.body.schema, instead.body ?? route.body.example, "body") : undefined,
    caller: knownCaller(principal),
    requestId: newId("request", 0),
    correlationId: "tried",
    now: Date.now(),
    idempotent: undefined,
    waitUntil: () => undefined,
  });
  const outcome = await Promise.resolve()
    .then(() => route.handler(call as never))
    .catch((error: unknown) => error);
  return { authorized: call.authority.authorized, outcome };
}
