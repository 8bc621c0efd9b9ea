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

type Policy = RenderInput["policies"][number];

let renderer: TestRenderer;
beforeAll(async () => {
  renderer = await testRenderer();
});
afterAll(() => renderer.stop());

const policy = (text: string, some: Partial<Policy> = {}): Policy => ({
  name: "house-rules",
  digest: "sha256:0",
  files: { "policy.cue": `package policy\n${text}` },
  ...some,
});

const judge = async (...policies: Policy[]) => (await renderer.render(request({ policies }))).violations;

const refusal = (...policies: Policy[]): Promise<RenderError> =>
  judge(...policies).then(
    (violations) => expect.fail(`it was judged: ${JSON.stringify(violations)}`),
    (error: RenderError) => error,
  );

describe("a policy says what is wrong", () => {
  test("of the input, by a schema: values with the module's defaults, and what is missing", async () => {
    expect(await judge(policy("#Input: {replicas: <=1, ...}"))).toEqual([
      {
        path: "input.replicas",
        message: "<=1 was expected",
        severity: "Deny",
        policy: "house-rules",
      },
    ]);
    expect(await judge(policy("#Input: {owner!: string, ...}"))).toEqual([
      expect.objectContaining({ path: "input.owner", message: expect.stringContaining("required") }),
    ]);
  });

  test("without a value of the input or of a node, by a schema", async () => {
    const text =
      '#Input: {image: "registry.example/other", ...}\n#Node: {object: {data?: [string]: !~"hunter2", ...}, ...}';
    const input = { ...INPUT, image: "hunter2-image", env: { A: "hunter2-secret" } };
    const { violations } = await renderer.render(request({ input, policies: [policy(text)] }));
    expect(violations.map(({ path }) => path)).toEqual(["input.image", "nodes.config.object.data.A"]);
    expect(violations[0]?.message).toBe('"registry.example/other" was expected');
    expect(JSON.stringify(violations)).not.toMatch(/hunter2-/);
  });

  test("of each node, by a schema", async () => {
    const found = await judge(policy('#Node: {id: string, object: {kind: "ConfigMap", ...}}'));
    expect(found.map(({ path }) => path)).toEqual(["nodes.web.object.kind"]);
  });

  test("of all together, by a list that it computes", async () => {
    const text = `
input: _
nodes: [string]: _
violations: [for id, node in nodes if node.object.kind == "Deployment" if node.object.spec.replicas == input.replicas {
	path: "nodes.\\(id)", message: "as many as asked: \\(input.replicas)", severity: "Warn"
}]`;
    expect(await judge(policy(text))).toEqual([
      { path: "nodes.web", message: "as many as asked: 2", severity: "Warn", policy: "house-rules" },
    ]);
  });

  test("nothing, where all is well", async () => {
    expect(await judge(policy("#Input: {replicas: <=5, ...}"))).toEqual([]);
  });

  test("as heavily as it says itself, or as the reference says", async () => {
    const text =
      'severity: "Warn"\nviolations: [{path: "a", message: "one"}, {path: "b", message: "two", severity: "Deny"}]';
    const severities = async (some: Partial<Policy>) =>
      (await judge(policy(text, some))).map(({ severity }) => severity);
    expect(await severities({})).toEqual(["Warn", "Deny"]);
    expect(await severities({ severity: "Deny" })).toEqual(["Deny", "Deny"]);
    expect(await severities({ severity: "Warn" })).toEqual(["Warn", "Warn"]);
  });

  test("at most a hundred times, those that stop the graph first", async () => {
    const text = `import "list"
violations: [for i in list.Range(0, 150, 1) {path: "x", message: "\\(i)", severity: *"Warn" | "Deny", if i == 149 {severity: "Deny"}}]`;
    const found = await judge(policy(text));
    expect(found).toHaveLength(100);
    expect(found[0]).toMatchObject({ message: "149", severity: "Deny" });
  });
});

describe("a policy that cannot be evaluated is an error, and never a consent", () => {
  const broken: [string, string][] = [
    ["it does not parse", "#Input: {"],
    ["it contradicts itself", "#Input: {...}\nx: 1 & 2"],
    ["it checks nothing", 'severity: "Deny"'],
    [
      "a condition asks for what is not there",
      "#Input: {...}\ninput: _\nif input.nope > 0 {#Node: object: kind: string}",
    ],
    [
      "its list asks for what is not there",
      'nodes: [string]: _\nviolations: [for n in nodes if n.object.spec.nope > 0 {path: "", message: "m"}]',
    ],
    ["its list is none", 'violations: {a: {path: "", message: "m"}}'],
    ["an entry says nothing", 'violations: [{path: "x"}]'],
    ["an entry's severity is unknown", 'violations: [{path: "x", message: "m", severity: "Fatal"}]'],
    ["its severity is unknown", 'severity: "Fatal"\n#Input: {...}'],
    ["it reaches outside", 'import "tool/http"\n_g: http.Get\n#Input: {...}'],
    ["its input is laid down beside #Input", "input: replicas: 1\n#Input: {...}"],
  ];
  test.each(broken)("%s", async (_, text) => {
    const error = await refusal(policy("#Input: {...}"), policy(text));
    expect(error.code).toBe("invalid-policy");
    expect(error.message).toContain("house-rules");
  });

  test("it runs without end", async () => {
    const loop =
      '_n: list.Range(0, 3000, 1)\nviolations: [for a in _n for b in _n for c in _n if a+b+c == -1 {path: "", message: "m"}]';
    const impatient = await testRenderer({ renderMs: 1_000 });
    const code = await impatient.render(request({ policies: [policy(`import "list"\n${loop}`)] })).then(
      () => "ok",
      (error: RenderError) => error.code,
    );
    await impatient.stop();
    expect(code).toBe("timeout");
  });
});

test("a module cannot bring the package that a policy imports", async () => {
  const cueModule = (deps = "") => `module: "acme.example/rules@v0"\nlanguage: version: "v0.9.0"\n${deps}`;
  const files = (allowed: string) => ({
    "cue.mod/module.cue": cueModule(),
    "allowed/allowed.cue": `package allowed\nMost: ${allowed}\n`,
  });
  const own = policy("", {
    path: "policy",
    files: {
      ...files("1"),
      "policy/policy.cue":
        'package policy\nimport "acme.example/rules/allowed"\n#Input: {replicas: <=allowed.Most, ...}\n',
    },
  });
  const hostile = {
    path: "app",
    files: {
      ...files("1000"),
      "app/app.cue": MODULE.replace(
        "package app",
        'package app\nimport "acme.example/rules/allowed"\n_most: allowed.Most',
      ),
    },
  };
  const { violations } = await renderer.render(request({ module: hostile, policies: [own] }));
  expect(violations.map(({ path }) => path)).toEqual(["input.replicas"]);
});

test("a policy sees plain values: what the module hides or defines does not reach it", async () => {
  const text = `${INPUT.image}`;
  const hiding = module(
    `_secret: "${text}"\n#Definition: 1\nnodes: x: object: {apiVersion: "v1", kind: "X", metadata: name: "x", _hidden: 1}`,
  );
  const { violations } = await renderer.render(
    request({
      module: hiding,
      policies: [
        policy("#Node: {id: string, object: {apiVersion: string, kind: string, metadata: name: string}}"),
      ],
    }),
  );
  expect(violations).toEqual([]);
});
