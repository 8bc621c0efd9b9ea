import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../../test/manager/bundle.ts";
import { module, request, type TestRenderer, testRenderer } from "../../../test/services/renders.ts";

let renderer: TestRenderer;
beforeAll(async () => {
  renderer = await testRenderer();
});
afterAll(() => renderer.stop());

const page = (name: string) => readFileSync(join(ROOT, "docs", name), "utf8");
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, block]) => block ?? "");
const deployment = (name: string, spec: object): string =>
  `nodes: web: object: ${JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec })}`;
const containers = (...list: object[]) => ({ template: { spec: { containers: list } } });

const violations = async (text: string, nodes: string, parameters?: Record<string, unknown>) => {
  const policy = { name: "documented", digest: "sha256:1", files: { "policy.cue": text } };
  const policies = [{ ...policy, ...(parameters ? { parameters } : {}) }];
  return (await renderer.render(request({ module: module(nodes), input: {}, policies }))).violations;
};

describe("what docs/policies.md shows", () => {
  const [replicas = "", memory = ""] = blocks(page("policies.md"), "cue");

  it("finds too many replicas, by its parameter", async () => {
    const nodes = deployment("web", { replicas: 7 });
    expect(await violations(replicas, nodes)).toEqual([]);
    expect(await violations(replicas, nodes, { max: 5 })).toEqual([
      {
        ...{ path: "nodes.web.object.spec.replicas", message: "7 replicas; 5 are allowed" },
        ...{ severity: "Deny", policy: "documented" },
      },
    ]);
  });

  it("says in CUE what was said in Rego", async () => {
    const nodes = deployment(
      "web",
      containers({ name: "a", resources: { limits: { memory: "1Gi" } } }, { name: "b" }),
    );
    expect(await violations(memory, nodes)).toMatchObject([
      { path: expect.stringContaining("containers[1]"), message: "container b has no memory limit" },
    ]);
  });

  it("names objects as the inline policy at its beginning wants", async () => {
    const [first = ""] = blocks(page("policies.md"), "yaml");
    const { policies } = parse(first) as { policies: { cueRef: { ref: string } }[] };
    const text = policies[1]?.cueRef.ref ?? "";
    expect(await violations(text, deployment("shop-web", {}))).toEqual([]);
    expect(await violations(text, deployment("web", {}))).toHaveLength(1);
  });
});

it("the Transform at the beginning of docs/transform.md renders", async () => {
  const [first = ""] = blocks(page("transform.md"), "yaml");
  const { spec } = parse(first) as { spec: { cueRef: { ref: string }; input: object } };
  const { nodes } = await renderer.render(
    request({ module: { files: { "module.cue": spec.cueRef.ref } }, input: spec.input }),
  );
  expect(nodes.map(({ object }) => object.data)).toEqual([{ greeting: "hello", copies: "1" }]);
});
