import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  INPUT,
  MODULE,
  module,
  request,
  type TestRenderer,
  testRenderer,
} from "../../test/services/renders.ts";
import type { RenderError } from "./errors.ts";
import type { RenderInput } from "./renderer.ts";

let renderer: TestRenderer;
beforeAll(async () => {
  renderer = await testRenderer();
});
afterAll(() => renderer.stop());

const refusal = (some: Partial<RenderInput>): Promise<RenderError> =>
  renderer.render(request(some)).then(
    () => expect.fail("it rendered"),
    (error: RenderError) => error,
  );

describe("a module and an input", () => {
  test("become nodes, with the input's defaults, in the module's order", async () => {
    const { nodes, violations, languageVersion } = await renderer.render(
      request({ input: { image: INPUT.image, env: { A: "1" } } }),
    );
    expect(nodes).toEqual([
      {
        id: "config",
        object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "web" }, data: { A: "1" } },
      },
      {
        id: "web",
        object: {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web" },
          spec: {
            replicas: 1,
            template: { spec: { containers: [{ name: "web", image: INPUT.image }] } },
          },
        },
        dependsOn: ["config"],
      },
    ]);
    expect(violations).toEqual([]);
    expect(languageVersion).toBe("cue v0.17.1");
  });

  test("may lie in a folder, and import a dependency by its pin", async () => {
    const pinned = 'module: "acme.example/app@v0"\nlanguage: version: "v0.9.0"\n';
    const files = {
      "cue.mod/module.cue": `${pinned}deps: "acme.example/lib@v0": v: "v0.1.0"\n`,
      "web/app.cue": MODULE.replace("package app", 'package app\nimport "acme.example/lib"').replace(
        "data: input.env",
        "data: input.env & lib.#Env",
      ),
    };
    const library = {
      "cue.mod/module.cue": 'module: "acme.example/lib@v0"\nlanguage: version: "v0.9.0"\n',
      "lib.cue": 'package lib\n#Env: {TEAM: "acme", [string]: string}\n',
    };
    const asked = { module: { files, path: "web" } };
    expect(await renderer.pins(files["cue.mod/module.cue"], "acme")).toEqual([
      { path: "acme.example/lib", version: "v0.1.0" },
    ]);
    const { nodes } = await renderer.render(
      request({ ...asked, dependencies: { "acme.example/lib@v0.1.0": library } }),
    );
    expect(nodes[0]?.object).toMatchObject({ data: { TEAM: "acme" } });
    const missing = await refusal(asked);
    expect(missing.code).toBe("missing-dependency");
    expect(missing.message).toContain("acme.example/lib@v0.1.0");
  });
});

test("the module that docs/renderer.md begins with renders", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/renderer.md"), "utf8");
  const [, text = ""] = /```cue\n([\s\S]*?)```/.exec(page) ?? [];
  const asked = { module: { files: { "hello.cue": text } }, input: { text: "good morning", times: 2 } };
  const { nodes } = await renderer.render(request(asked));
  expect(nodes.map(({ object }) => object.data)).toEqual([
    { "line-1": "good morning", "line-2": "good morning" },
  ]);
});

describe("what is wrong is said with its place", () => {
  test("an input that #Input refuses: path, place in the schema, what was expected", async () => {
    const { code, errors } = await refusal({ input: { replicas: 9, env: { A: 1 } } });
    expect(code).toBe("invalid-input");
    expect(errors).toContainEqual(
      expect.objectContaining({
        path: "input.replicas",
        file: "app.cue",
        line: 5,
        expected: expect.stringContaining("<=5"),
      }),
    );
    expect(errors).toContainEqual(expect.objectContaining({ path: "input.env.A", expected: "string" }));
  });

  test("an input that lacks what is required, or holds what #Input does not know", async () => {
    expect((await refusal({ input: {} })).errors).toContainEqual(
      expect.objectContaining({ path: "input.image", message: expect.stringContaining("required") }),
    );
    expect((await refusal({ input: { ...INPUT, replica: 1 } })).errors).toContainEqual(
      expect.objectContaining({ path: "input.replica", message: "field not allowed" }),
    );
  });

  const wrong: [string, string, Partial<RenderInput>, object][] = [
    ["a syntax error", "invalid-module", { module: module("nodes: {") }, { file: "app.cue", line: 3 }],
    [
      "a name that is nowhere",
      "invalid-module",
      { module: module("nodes: x: object: nope") },
      { line: 3, path: "nodes.x.object" },
    ],
    [
      "a module without #Input",
      "invalid-module",
      { module: { files: { "a.cue": "package a\nnodes: {}" } } },
      {},
    ],
    ["a module without nodes", "invalid-module", { module: module("x: 1") }, {}],
    [
      "an open value",
      "incomplete",
      { module: module('nodes: x: object: {apiVersion: "v1", kind: string, metadata: name: "x"}') },
      { path: "nodes.x.object.kind", line: 3, expected: expect.stringContaining("string") },
    ],
    [
      "a condition that cannot be computed",
      "incomplete",
      { module: module("input: {...}\nnodes: {}\nif input.no {nodes: x: {}}") },
      { line: 5 },
    ],
    [
      "a node without metadata",
      "invalid-output",
      { module: module('nodes: x: object: {apiVersion: "v1", kind: "A"}') },
      { path: "nodes.x.object.metadata.name" },
    ],
    [
      "a field that nodes do not have",
      "invalid-output",
      { module: { files: { "app.cue": `${MODULE}nodes: web: dependOn: ["x"]` } } },
      { path: "nodes.web.dependOn", line: 28 },
    ],
    [
      "a policy of apply that does not exist",
      "invalid-output",
      { module: { files: { "app.cue": `${MODULE}nodes: web: applyPolicy: mode: "Maybe"` } } },
      { path: "nodes.web.applyPolicy.mode" },
    ],
    ["a path out of the module", "bad-request", { module: { files: { "../app.cue": MODULE } } }, {}],
  ];
  test.each(wrong)("%s is %s", async (_, code, some, detail) => {
    const error = await refusal(some);
    expect(error.code, error.message).toBe(code);
    expect(error.errors[0]).toMatchObject(detail);
  });
});
