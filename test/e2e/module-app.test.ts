import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene } from "../attack/scene.ts";
import { until } from "../lib/until.ts";
import { SETTINGS } from "../operator/transforms.ts";
import { configMap, type Release, rawSpec, waitForRelease } from "./lib.ts";
import { NAMESPACE, PROJECT, startModuleScene } from "./module-scene.ts";

/** Apps from modules through the API, on a real API server: rendered, checked by policies, shown, and kept where they err. */
let scene: Scene;
const APP = `${PROJECT}/apps/web`;

interface ModuleRelease extends Release {
  message?: string;
  violations?: { path: string; message: string; severity: string; policy: string }[];
  render?: { digest?: string; errors?: { message: string; path?: string }[] };
}

beforeAll(async () => {
  scene = await startModuleScene("module-app");
});
afterAll(() => scene?.stop());

const loud = (severity: "Warn" | "Deny") => ({
  name: "quiet",
  cueRef: {
    type: "inline",
    ref: `package quiet
severity: "${severity}"
nodes: [string]: _
violations: [for id, node in nodes if node.object.data.greeting =~ "!" {path: "nodes.\\(id).object.data.greeting", message: "too loud"}]
`,
  },
});
const source = (input: object, policies: object[] = []) => ({
  transform: { cueRef: { type: "inline", ref: SETTINGS }, input, policies },
});
const put = (input: object, policies: object[] = []) =>
  scene.api.put<{ revision: { number: number } }>(APP, {
    spec: { specVersion: 1, source: source(input, policies) },
  });
const release = (wanted: string | ((one: ModuleRelease) => boolean), revision?: number) =>
  waitForRelease(
    scene.api,
    APP,
    "staging",
    wanted as Parameters<typeof waitForRelease>[3],
    revision,
  ) as Promise<ModuleRelease>;
const greeting = async () => {
  const { data } = await scene.kubectl.json<{ data: { greeting: string } }>(
    ...(["get", "configmap", "web", "-n", NAMESPACE] as const),
  );
  return data.greeting;
};
const render = (body: object) =>
  scene.api.post(`${PROJECT}/apps:render`, { environment: "staging", ...body }, { expect: [200, 422, 503] });

describe("a rendering", () => {
  it("shows the graph of a module, and applies nothing", async () => {
    const answer = await render({ app: "web", source: source({ greeting: "hello!" }, [loud("Warn")]) });
    expect(answer.body).toMatchObject({
      nodes: [{ id: "settings", object: { kind: "ConfigMap", metadata: { name: "web" } } }],
      violations: [{ message: "too loud", severity: "Warn", policy: "quiet" }],
      denied: false,
      module: { digest: expect.stringMatching(/^sha256:/) },
    });
    expect(await scene.kubectl.exists("configmap", "web", NAMESPACE)).toBe(false);
    const denied = await render({ app: "web", source: source({ greeting: "hello!" }, [loud("Deny")]) });
    expect(denied.body).toMatchObject({ denied: true });
  });

  it("shows a shipped module with the edges that follow from its objects", async () => {
    const transform = {
      cueRef: { type: "embedded", ref: "webservice" },
      input: { image: "registry.example.com/shop/web:1.4.2", files: { "/etc/web/a.conf": "a" } },
    };
    const { body } = await render({ app: "web", source: { transform } });
    const { nodes, edges } = body as { nodes: { object: { kind: string } }[]; edges: { kind: string }[] };
    expect(nodes.map(({ object }) => object.kind)).toEqual(expect.arrayContaining(["Deployment", "Service"]));
    expect(edges.some(({ kind }) => kind === "implied")).toBe(true);
  });

  it("of manifests is made by the same code as their deployment", async () => {
    const { body } = await render({ source: { raw: { manifests: [configMap("plain", { a: "1" })] } } });
    expect(body).toMatchObject({ nodes: [{ id: "ConfigMap/plain" }], violations: [] });
  });

  it.each([
    ["an input that the module refuses", source({ greeting: 7 }), "render", /greeting/],
    [
      "a module that does not compile",
      { transform: { cueRef: { type: "inline", ref: "package x\nnodes: {" } } },
      "render",
      /./,
    ],
    [
      "a ConfigMap that is not there",
      { transform: { cueRef: { type: "configmap", ref: "none" } } },
      "fetch",
      /none/,
    ],
  ])("says where %s fails", async (_name, given, stage, message) => {
    const answer = await render({ source: given });
    expect(answer.status).toBe(422);
    const { error } = answer.body as {
      error: { code: string; details: { stage: string; errors: { message: string; path?: string }[] } };
    };
    expect([error.code, error.details.stage]).toEqual(["KN-1313", stage]);
    expect(JSON.stringify(error.details.errors)).toMatch(message);
  });
});

describe("an app from a module", () => {
  it("runs, and says what was rendered and what its policies warn of", async () => {
    expect((await put({ greeting: "hello!" }, [loud("Warn")])).status).toBe(202);
    const ready = await release("Ready", 1);
    expect(await greeting()).toBe("hello!");
    expect(ready.violations).toMatchObject([{ message: "too loud", severity: "Warn", policy: "quiet" }]);
    expect(ready.render?.digest).toMatch(/^sha256:/);
  });

  it("whose policy denies stops before anything is applied, and says so", async () => {
    await put({ greeting: "louder!" }, [loud("Deny")]);
    const denied = await release((one) => one.phase === "Failed" && one.revision.number === 2);
    expect(denied.violations ?? denied.render?.errors).toBeDefined();
    expect(JSON.stringify(denied)).toContain("too loud");
    expect(await greeting()).toBe("hello!");
  });

  it("whose input is wrong keeps what ran, and says where it is wrong", async () => {
    await put({ greeting: "hi", copies: 0 });
    const failed = await release((one) => one.phase === "Failed" && one.render?.errors !== undefined);
    expect(JSON.stringify(failed.render?.errors)).toMatch(/copies/);
    expect(await greeting()).toBe("hello!");
    await put({ greeting: "hi", copies: 2 });
    await release("Ready", 4);
    expect(await greeting()).toBe("hi");
  });

  it("has its graph shown, as data and as a drawing", async () => {
    const graph = await scene.api.get<Record<string, unknown>>(`${APP}/releases/staging/graph`);
    expect(graph.body).toMatchObject({
      source: "live",
      current: true,
      phase: "Ready",
      revision: "4",
      nodes: [{ id: "settings", kind: "ConfigMap", state: "Ready" }],
    });
    const dot = await scene.api.get<string>(`${APP}/releases/staging/graph?format=dot`);
    expect(dot.body).toContain('"settings" [label="ConfigMap');
  });

  it("has its last known graph shown while the cluster is away", async () => {
    await scene.agent.kill();
    const away = await until("the cluster is known to be away", async () => {
      const { body } = await scene.api.get<{ source: string }>(`${APP}/releases/staging/graph`);
      return body.source === "last-known" && body;
    });
    expect(away).toMatchObject({ phase: "Ready", nodes: [{ id: "settings" }], edges: [] });
    const answer = await render({ source: (rawSpec([configMap("a", {})]) as { source: object }).source });
    expect((answer.body as { error: { code: string } }).error.code).toBe("KN-1500");
  });
});
