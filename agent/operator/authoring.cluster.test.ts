import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import type { TransformStatus } from "../../protocol/resources/transform.ts";
import { until } from "../../test/lib/until.ts";
import { ROOT } from "../../test/manager/bundle.ts";
import { API, readyProject } from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import { PASSWORD, type Registry, startRegistry, USERNAME } from "../../test/services/registry.ts";
import { cueCommand } from "../../test/services/renderer.ts";
import type { KubeObject } from "../kube/index.ts";

/** docs/authoring-modules.md, as a platform engineer follows it: its own blocks, with a registry that is there. */
const PAGE = readFileSync(join(ROOT, "docs/authoring-modules.md"), "utf8");
const HOST = "registry.example.com";
const blocks = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map((match) => match[1] ?? "");
const block = (language: string, having: string): string =>
  blocks(language).find((text) => text.includes(having)) ?? expect.fail(`the page has no ${having}`);

const run = promisify(execFile);
let fixture: OperatorFixture;
let registry: Registry;
let namespace: string;
let folder: string;
let environment: NodeJS.ProcessEnv;

const credentials = (): string =>
  JSON.stringify({ auths: { [registry.host]: { username: USERNAME, password: PASSWORD } } });
const shell = async (where: string, script: string): Promise<string> => {
  const { stdout } = await run("bash", ["-euc", script], { cwd: join(folder, where), env: environment });
  return stdout;
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "authoring-"));
  registry = await startRegistry({ auth: "basic" });
  writeFileSync(join(folder, "config.json"), credentials());
  const [init = ""] = blocks("sh");
  const mapping = /^export CUE_REGISTRY=(.*)$/m.exec(block("sh", "CUE_REGISTRY"))?.[1] ?? "";
  expect(init).toContain("cue mod init");
  environment = {
    ...process.env,
    PATH: `${dirname(await cueCommand())}${delimiter}${process.env.PATH}`,
    ...{ CUE_CACHE_DIR: join(folder, "cache"), CUE_CONFIG_DIR: folder, DOCKER_CONFIG: folder },
    CUE_REGISTRY: mapping.replaceAll(HOST, registry.host),
  };
  fixture = await operatorFixture();
  await fixture.start({
    modules: { cueRegistry: environment.CUE_REGISTRY ?? "", insecureRegistries: [registry.host] },
  });
  namespace = await readyProject(fixture.kube, `au${Date.now().toString(36)}`);
});
afterAll(async () => {
  await fixture.close();
  await registry.remove();
  // Go's module cache, and cue's, are read-only.
  await run("chmod", ["-R", "u+w", folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe("the way from an empty folder to a Transform", () => {
  it("begins with the shipped modules in the registry", async () => {
    cpSync(join(ROOT, "platform"), join(folder, "platform"), { recursive: true });
    await shell("", block("sh", "cd platform"));
  });

  it("goes on with a module of one's own that renders here", async () => {
    await shell("", blocks("sh")[0] ?? "");
    mkdirSync(join(folder, "api"), { recursive: true });
    writeFileSync(join(folder, "api/input.cue"), block("cue", "#Input: {"));
    writeFileSync(join(folder, "api/render.cue"), block("cue", "nodes: {"));
    const script = block("sh", "cue mod tidy").replace(/^export.*$/m, "");
    const nodes = JSON.parse(await shell("api", script)) as Record<string, unknown>;
    expect(Object.keys(nodes).sort()).toEqual(["deployment", "service", "size"]);
    const pins = readFileSync(join(folder, "api/cue.mod/module.cue"), "utf8");
    expect(pins).toContain("kubenova.io/platform@v0");
  });

  it("ends with a Transform that renders the published module, and its dependency from the registry", async () => {
    await shell("api", blocks("sh").find((text) => text.trim() === "cue mod publish v0.1.0") ?? "");
    await fixture.kube.apply({
      ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/dockerconfigjson" },
      metadata: { name: "registry", namespace },
      data: { ".dockerconfigjson": Buffer.from(credentials()).toString("base64") },
    });
    const asked = parse(block("yaml", "kind: Transform").replace(`ref: ${HOST}`, `ref: ${registry.host}`));
    const transform = { ...asked, metadata: { ...asked.metadata, namespace } } as KubeObject;
    await fixture.kube.apply(transform);
    const graph = { apiVersion: API, kind: "ResourceGraph", namespace, name: "transform-api" };
    const ref = { apiVersion: API, kind: "Transform", namespace, name: "api" };
    const spec = await until("the graph is there", async () => {
      const found = await fixture.kube.get(graph).catch(async () => {
        throw new Error(JSON.stringify((await fixture.kube.get(ref)).status));
      });
      return found.spec as ResourceGraphSpec;
    });
    expect(spec.nodes.map(({ id }) => id).sort()).toEqual([
      ...["budget", "deployment", "ingress", "service", "size"],
    ]);
    const status = await until("its status says from what", async () => {
      const found = (await fixture.kube.get(ref)).status as TransformStatus | undefined;
      return found?.resolvedCueRef ? found : false;
    });
    expect(status.resolvedCueRef?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("the policy on the page", () => {
  it("refuses a host that is not under its domain", async () => {
    const text = block("cue", "package hosts");
    const object = {
      ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "x" } },
      spec: { rules: [{ host: "shop.example.org" }] },
    };
    const module = `package x\n#Input: {}\ninput: #Input\nnodes: x: object: ${JSON.stringify(object)}`;
    await fixture.kube.apply({
      ...{ apiVersion: API, kind: "Transform", metadata: { name: "hosts", namespace } },
      spec: {
        cueRef: { type: "inline", ref: module },
        policies: [{ name: "hosts", cueRef: { type: "inline", ref: text } }],
      },
    });
    await until("it is denied", async () => {
      const found = await fixture.kube.get({ apiVersion: API, kind: "Transform", namespace, name: "hosts" });
      const { violations, message } = (found.status ?? {}) as TransformStatus;
      expect(violations, message).toEqual([
        {
          ...{ path: "nodes.x.object.spec.rules[0].host", severity: "Deny", policy: "hosts" },
          message: "the host shop.example.org is not under example.com",
        },
      ]);
      return true;
    });
  });
});
