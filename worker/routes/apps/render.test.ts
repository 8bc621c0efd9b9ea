import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { enrolCluster } from "../../../test/workerd/agent.ts";
import { api } from "../../../test/workerd/api.ts";
import { type AskedAgent, askedAgent } from "../../../test/workerd/asked-agent.ts";
import { imageSpec } from "../../../test/workerd/catalogue.ts";
import { seedWorld } from "../../../test/workerd/seed.ts";

const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
const violation = { path: "input.replicas", message: "too few", severity: "Warn", policy: "limits" };
const rendered = {
  ok: true,
  nodes: [{ id: "ConfigMap/settings", object }],
  edges: [],
  digest: "sha256:0",
  violations: [violation],
  denied: false,
};
const transform = { cueRef: { type: "inline", ref: "package web" }, input: { replicas: 1, keep: true } };

let asked: AskedAgent;
let path: string;
beforeAll(async () => {
  asked = await askedAgent();
  path = `${asked.path}/apps:render`;
});
const render = (body: unknown, answer?: () => Promise<void>) => {
  const response = api<Record<string, unknown>>("POST", path, { body });
  return Promise.all([response, answer?.()]).then(([given]) => given);
};

describe("a rendering", () => {
  it("is what the environment's cluster makes of the spec with that environment's overrides, and is not stored", async () => {
    const before = (await api("GET", `${asked.path}/apps`)).body;
    const spec = {
      specVersion: 1,
      source: { transform },
      overrides: { staging: { transform: { input: { replicas: 3, keep: null } } } },
    };
    const answer = await render({ environment: "staging", app: "shop", spec }, () => asked.answer(rendered));
    const { ok: _, ...shown } = rendered;
    expect(answer).toMatchObject({ status: 200, body: { environment: "staging", ...shown } });
    const { target, body } = asked.asked.at(-1) ?? { target: undefined, body: "" };
    expect(target).toEqual({ kind: "render", namespace: answer.body.namespace });
    const resource = JSON.parse(body) as { kind: string; metadata: object; spec: { source: unknown } };
    expect(resource).toMatchObject({
      kind: "NovaApp",
      metadata: { name: "shop", labels: { "kubenova.io/cluster": asked.agent.identity.clusterId } },
    });
    expect(resource.spec.source).toEqual({ transform: { ...transform, input: { replicas: 3 } } });
    expect((await api("GET", `${asked.path}/apps`)).body).toEqual(before);
  });

  it("takes a bare source of any kind, YAML too", async () => {
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n";
    for (const source of [{ raw: { yaml } }, imageSpec("web:1").source, { transform }]) {
      expect(await render({ environment: "staging", source }, () => asked.answer(rendered))).toMatchObject({
        status: 200,
      });
    }
    expect(JSON.parse(asked.asked.at(-3)?.body ?? "").spec.source.raw.manifests).toHaveLength(1);
  });

  it("that fails says where and why", async () => {
    const errors = [{ message: "conflicting values", file: "web.cue", line: 3, path: "input.replicas" }];
    const failure = { ok: false, stage: "render", code: "invalid-input", errors };
    const answer = await render({ environment: "staging", source: { transform } }, () =>
      asked.answer(failure),
    );
    expect(answer).toMatchObject({ status: 422, code: "KN-1313" });
    expect(answer.body).toMatchObject({
      error: { details: { stage: "render", code: "invalid-input", errors } },
    });
  });
});

describe("a rendering is refused", () => {
  it.each([
    ["neither spec nor source", {}],
    ["both", { spec: imageSpec("web:1"), source: imageSpec("web:1").source }],
    ["a source that is none", { source: { transform: { cueRef: { type: "oci", ref: "web" } } } }],
    [
      "a Secret's value",
      { source: { raw: { yaml: "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: eA==}}" } } },
    ],
  ])("with %s", async (_name, body) => {
    expect(await render({ environment: "staging", ...body })).toMatchObject({ status: 422, code: "KN-1002" });
  });

  it("for an environment that is not there, or is nowhere", async () => {
    const { source } = imageSpec("web:1");
    expect(await render({ environment: "nowhere", source })).toMatchObject({ status: 404, code: "KN-1200" });
    expect((await api("PUT", `${asked.path}/environments/later`, { body: {} })).status).toBe(201);
    expect(await render({ environment: "later", source })).toMatchObject({ status: 409, code: "KN-1309" });
  });

  it("at once where the cluster is away", async () => {
    const { clusterId } = await enrolCluster();
    await seedWorld(env.DB, { clusterId, name: "renderaway" });
    const body = { environment: "staging", source: imageSpec("web:1").source };
    expect(await api("POST", "/tenants/renderaway/projects/shop/apps:render", { body })).toMatchObject({
      status: 503,
      code: "KN-1500",
    });
  });

  it("where the agent says so, or answers what nobody asked for", async () => {
    const body = { environment: "staging", source: imageSpec("web:1").source };
    expect(await render(body, () => asked.refuse("KN-1502", "no controllers run here"))).toMatchObject({
      status: 502,
      code: "KN-1502",
    });
    expect(await render(body, () => asked.answer({ ok: "maybe" }))).toMatchObject({ code: "KN-1502" });
    expect(await render(body, () => asked.answer({}, 500))).toMatchObject({ code: "KN-1502" });
  });
});
