import { describe, expect, it } from "vitest";
import { z } from "zod";
import { api, apiRaw } from "../../test/workerd/api.ts";
import type { AnswerDoc, Route } from "../routing/define.ts";
import { toJsonSchema } from "../routing/json-schema.ts";
import type { OpenApiDocument } from "../routing/openapi.ts";
import { API_INFO } from "./docs/document.ts";
import { routes } from "./index.ts";

const named = routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const);

/** The path with an example in the place of each parameter, as the document gives it. */
function examplePath(route: Route): string {
  const properties = route.params
    ? (toJsonSchema(route.params, "input", new Map()).properties as Record<string, { examples?: unknown[] }>)
    : {};
  return route.path.replace(/\{(\w+)\}/g, (_all: string, name: string) =>
    String(route.parameterExamples?.[name] ?? properties[name]?.examples?.[0] ?? `no-example-of-${name}`),
  );
}

describe.each(named)("%s", (_name, route) => {
  it("says what its caller must be allowed to do, and where it belongs", () => {
    expect(route.action).toMatch(/^(public|self|[a-z-]+:[a-z-]+)$/);
    expect(Object.keys(API_INFO.tags)).toContain(route.tag);
    expect(Object.keys(route.answers).length).toBeGreaterThan(0);
  });

  it("has an example of each parameter, body and answer, and each is valid", () => {
    expect(examplePath(route)).not.toContain("no-example-of-");
    if (route.body) expect(z.safeParse(route.body.schema, route.body.example).error).toBeUndefined();
    for (const [status, answer] of Object.entries(route.answers as Record<string, AnswerDoc>)) {
      if (!answer.schema) continue;
      expect(answer.example, status).toBeDefined();
      expect(z.safeParse(answer.schema, answer.example).error, status).toBeUndefined();
    }
  });

  it("is closed to a caller without a credential", async () => {
    if (route.action === "public") return;
    const headers = { "content-type": "application/json" };
    const body = route.body ? { body: route.body.example } : {};
    const answer = await api(route.method.toUpperCase(), examplePath(route), {
      token: null,
      headers,
      ...body,
    });
    expect([answer.status, answer.code]).toEqual([401, "KN-1100"]);
  });
});

describe("the document", () => {
  it("is served with every route, each operation's id once", async () => {
    const document = (await api("GET", "/openapi.json", { token: null })).body as unknown as OpenApiDocument;
    expect(document.openapi).toBe("3.1.0");
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(routes.length);
    expect(ids).toHaveLength(routes.length);
  });

  it("refers only to what it holds", async () => {
    const document = (await api("GET", "/openapi.json", { token: null })).body as unknown as OpenApiDocument;
    for (const [, kind, name] of JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
      expect(document.components[kind as string], `${kind}/${name}`).toHaveProperty([name as string]);
    }
  });

  it("declares each parameter of each path, with an example", async () => {
    const document = (await api("GET", "/openapi.json", { token: null })).body as unknown as OpenApiDocument;
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      for (const operation of Object.values(methods)) {
        const parameters = operation.parameters as { name: string; in?: string; example?: unknown }[];
        const declared = parameters.filter((each) => each.in === "path");
        expect(declared.map(({ name }) => name).sort(), path).toEqual(inPath);
        for (const { name, example } of declared) expect(example, `${path} ${name}`).toBeDefined();
      }
    }
  });

  it("can be read by people, without a script and from this host alone", async () => {
    const page = await apiRaw("GET", "https://kubenova.test/docs", { token: null });
    const html = await page.text();
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).toContain("/api/v1/tenants/{tenant}:restore");
    expect(html).not.toMatch(/<script|(src|href)="https?:/);
    const style = await apiRaw("GET", "https://kubenova.test/docs/style.css", { token: null });
    expect(style.headers.get("content-type")).toContain("text/css");
  });
});
