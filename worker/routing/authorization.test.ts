import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { ANONYMOUS } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { api } from "../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../test/workerd/catalogue.ts";
import { newId } from "../ids.ts";
import { routes } from "../routes/index.ts";
import type { Route } from "./define.ts";
import { toJsonSchema } from "./json-schema.ts";
import { RunningCall } from "./running.ts";
import { validate } from "./validate.ts";

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

/** Runs a handler for somebody who may do nothing at all. */
async function runAsNobody(route: Route): Promise<unknown> {
  const params = exampleOf(route, route.params, true);
  const url = `https://kubenova.test${route.path}`;
  const call = new RunningCall({
    route,
    env,
    request: new Request(url, { method: route.method.toUpperCase() }),
    params,
    query: route.query ? validate(route.query, exampleOf(route, route.query, false), "query") : undefined,
    body: route.body ? validate(route.body.schema, route.body.example, "body") : undefined,
    principal: ANONYMOUS,
    requestId: newId("request", 0),
    correlationId: "nobody",
    now: Date.now(),
    idempotent: undefined,
    waitUntil: () => undefined,
  });
  return route.handler(call as never);
}

describe("whoever may do nothing", async () => {
  await givenCluster("berlin-1");
  const project = await givenProject("acme", "shop");
  const body = { placement: { cluster: "berlin-1" } };
  await api("PUT", `${project}/environments/staging`, { body });
  await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });

  const closed = routes.filter((route) => route.action !== "public");
  it.each(closed.map((route) => [route.operationId, route] as const))(
    "is refused by %s",
    async (_id, route) => {
      const refusal = await runAsNobody(route).then(
        (answer) => answer,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(KubeNovaError);
      expect(["KN-1102", "KN-1200"]).toContain((refusal as KubeNovaError).code);
    },
  );
});
