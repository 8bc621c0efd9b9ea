import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineRoute, type Method, type Route } from "./define.ts";
import { RouteTree } from "./route-tree.ts";

const route = (method: Method, path: `/${string}`, takesRest = false): Route =>
  defineRoute({
    method,
    path,
    takesRest,
    operationId: `${method} ${path}`,
    tag: "test",
    summary: "",
    action: "public",
    params: z.object({}),
    answers: {},
    handler: async () => ({ status: 200 }),
  });

const tree = new RouteTree([
  route("get", "/a"),
  route("post", "/a"),
  route("post", "/a:replay"),
  route("get", "/a/{one}"),
  route("post", "/a/{one}:restore"),
  route("get", "/a/{one}/b/{two}"),
  route("get", "/a/{one}/to/{name}/{path}", true),
]);

const found = (path: string) => {
  const match = tree.find(path);
  const [operation] = [...(match?.endpoint.routes.values() ?? [])].map(({ operationId }) => operationId);
  return (
    match && [operation, Object.fromEntries(match.endpoint.names.map((name, i) => [name, match.values[i]]))]
  );
};

describe("a path", () => {
  it.each([
    ["/a", "get /a", {}],
    ["/a:replay", "post /a:replay", {}],
    ["/a/x", "get /a/{one}", { one: "x" }],
    ["/a/x:restore", "post /a/{one}:restore", { one: "x" }],
    ["/a/x/b/y", "get /a/{one}/b/{two}", { one: "x", two: "y" }],
    ["/a/x/to/s:80", "get /a/{one}/to/{name}/{path}", { one: "x", name: "s:80" }],
    ["/a/x/to/s:80/", "get /a/{one}/to/{name}/{path}", { one: "x", name: "s:80" }],
    ["/a/x/to/s/p/q:r//", "get /a/{one}/to/{name}/{path}", { one: "x", name: "s" }],
  ])("%s is that of %s", (path, operation, params) => {
    expect(found(path)).toEqual([operation, params]);
  });

  it.each([
    "/",
    "",
    "/b",
    "/a/",
    "/a/x/",
    "/a/x/b",
    "/a/x/b/",
    "/a/x/b/y/z",
    "//a",
    "/a/:restore",
    "/a/x:other",
    "/a/x:y/b/z",
    "/A",
  ])("%s is none", (path) => {
    expect(found(path)).toBeUndefined();
  });

  it("has each of its methods", () => {
    expect([...(tree.find("/a")?.endpoint.routes.keys() ?? [])]).toEqual(["get", "post"]);
  });
});
