import type { z } from "zod";
import type { BodyDoc, Route } from "./define.ts";
import { type Components, type JsonSchema, toJsonSchema } from "./json-schema.ts";
import { answers, errorAnswers } from "./openapi-answers.ts";
import { ERROR_EXAMPLES, errorBodySchema, HEADER_PARAMETERS, RESPONSE_HEADERS } from "./openapi-parts.ts";
import { DEFAULT_BODY_LIMIT_BYTES } from "./requests.ts";

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  components: Record<string, Record<string, unknown>>;
}

export interface DocumentInfo {
  title: string;
  version: string;
  description: string;
  tags: Record<string, string>;
}

/** The OpenAPI 3.1 document of a list of routes: nothing in it is written by hand twice. */
export function openApiDocument(routes: readonly Route[], info: DocumentInfo): OpenApiDocument {
  const components: Components = new Map();
  const error = toJsonSchema(errorBodySchema, "output", components);
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, components, error) };
  }
  const { tags, ...about } = info;
  return {
    openapi: "3.1.0",
    info: { ...about, license: { name: "Apache 2.0", identifier: "Apache-2.0" } },
    servers: [{ url: "/" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      parameters: HEADER_PARAMETERS,
      headers: RESPONSE_HEADERS,
      examples: ERROR_EXAMPLES,
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}

function operation(route: Route, components: Components, error: JsonSchema): JsonSchema {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    "x-kubenova-action": route.action,
    security: route.action === "public" ? [] : [{ bearer: [] }],
    parameters: [
      ...parameters(route, route.params, "path", components),
      ...parameters(route, route.query, "query", components),
      ...headerNames(route).map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    ...(route.body ? { requestBody: requestBody(route.body, components) } : {}),
    responses: { ...answers(route, components), ...errorAnswers(route, error) },
  };
}

function parameters(
  route: Route,
  schema: z.ZodType | undefined,
  where: "path" | "query",
  components: Components,
): JsonSchema[] {
  if (!schema) return [];
  const object = toJsonSchema(schema, "input", components);
  const read = (object.properties ?? {}) as Record<string, JsonSchema>;
  const properties = where === "path" ? { ...restOfPath(route), ...read } : read;
  const required = (object.required ?? []) as string[];
  return Object.entries(properties).map(([name, { description, examples, ...rest }]) => {
    const example = route.parameterExamples?.[name] ?? (examples as unknown[] | undefined)?.[0];
    return {
      name,
      in: where,
      required: where === "path" || required.includes(name),
      ...(description ? { description } : {}),
      ...(example === undefined ? {} : { example }),
      schema: rest,
    };
  });
}

/** A route may take a path's rest as it is: no schema reads it, and the document names it all the same. */
const restOfPath = (route: Route): Record<string, JsonSchema> =>
  route.takesRest
    ? { path: { type: "string", description: "The rest of the path, of any depth, and its query." } }
    : {};

const headerNames = (route: Route): string[] => [
  ...(route.conditional ?? []),
  ...(route.method !== "get" && route.action !== "public" ? ["Idempotency-Key"] : []),
  "X-Correlation-Id",
  "traceparent",
];

function requestBody(body: BodyDoc<z.ZodType>, components: Components): JsonSchema {
  const media = { schema: toJsonSchema(body.schema, "input", components), example: body.example };
  const types = body.mediaTypes ?? ["application/json"];
  return {
    required: !body.optional,
    content: Object.fromEntries(types.map((type) => [type, media])),
    "x-kubenova-max-bytes": body.maxBytes ?? DEFAULT_BODY_LIMIT_BYTES,
  };
}
