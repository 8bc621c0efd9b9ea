import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene } from "../attack/scene.ts";
import { SETTINGS } from "../operator/transforms.ts";
import { cueModule } from "../services/artifact.ts";
import { PASSWORD, type Registry, startRegistry, USERNAME } from "../services/registry.ts";
import { type Release, waitForRelease } from "./lib.ts";
import { inline, NAMESPACE, PROJECT, policy, shipped, startModuleScene, text } from "./module-scene.ts";

/** What a developer reads where a module, its input, a policy or a source is wrong: at the API, and in the cluster. */
let scene: Scene;
let registry: Registry;
const IMAGE = "registry.example.com/shop/web:1.4.2";
const DIGEST = `sha256:${"a".repeat(64)}`;

beforeAll(async () => {
  registry = await startRegistry({ auth: "basic" });
  await registry.push("modules/settings", "1", cueModule({ "settings.cue": SETTINGS }));
  scene = await startModuleScene("module-errors", {
    KUBENOVA_INSECURE_REGISTRIES: registry.host,
    KUBENOVA_SOURCES_ALLOWED_CIDRS: "127.0.0.0/8",
    KUBENOVA_SOURCES_LIMITS: JSON.stringify({ tagTtlMs: 1 }),
  });
});
afterAll(async () => {
  await scene?.stop();
  await registry?.remove();
});

const oci = (reference: string, secret?: string) => ({
  cueRef: {
    ...{ type: "oci", ref: `${registry.host}/${reference}` },
    ...(secret ? { pullSecretRef: { name: secret } } : {}),
  },
  input: { greeting: "hello" },
});
const render = (transform: object) =>
  scene.api.post<{ nodes?: { id: string }[]; error?: { message: string } }>(
    `${PROJECT}/apps:render`,
    { environment: "staging", app: "web", source: { transform } },
    { expect: [200, 422, 503] },
  );

type ModuleRelease = Release & { render?: { stale?: { since: string; reason: string } } };
const release = (app: string, wanted: (one: ModuleRelease) => boolean) =>
  waitForRelease(scene.api, `${PROJECT}/apps/${app}`, "staging", wanted) as Promise<ModuleRelease>;
const put = (app: string, transform: object) =>
  scene.api.put(`${PROJECT}/apps/${app}`, { spec: { specVersion: 1, source: { transform } } });

describe("a shipped module", () => {
  it.each([
    ["webservice", { image: IMAGE }, "deployment service"],
    ["worker", { image: IMAGE }, "deployment"],
    ["cronjob", { image: IMAGE, schedule: "@daily" }, "cronjob"],
    ["postgres", { password: { secret: "db", key: "password" } }, "data server service"],
    ["redis", {}, "server service"],
    ["queue", {}, "config data server service"],
  ])("%s is rendered from what must be given alone", async (name, input, nodes) => {
    const { body } = await render(shipped(name, input));
    expect(body.nodes?.map(({ id }) => id).join(" ")).toBe(nodes);
  });

  it.each([
    ["webservice", {}, /input\.image: field is required but not present \(/],
    ["webservice", { image: IMAGE, prot: 80 }, /input\.prot: field not allowed \(\{image!, .*port.* was exp/],
    ["webservice", { image: IMAGE, port: 99999 }, /input\.port: not what #Input allows \(.*<=65535 was exp/],
    ["webservice", { image: IMAGE, env: { A: 1 } }, /: input\.env\.A: not what .*\(string was expected\)$/],
    ["webservice", { image: IMAGE, autoscale: { min: 5, max: 3 } }, /input\.autoscale\.max: .*other fields/],
    ["worker", { image: IMAGE, strategy: "Rolling" }, /module\.cue:\d+:\d+: input\.strategy: .*"Recreate"/],
    ["cronjob", { image: IMAGE }, /input\.schedule: field is required/],
    ["postgres", { password: "hunter2" }, /input\.password: not what .*\(\{secret!, key!\} was expected\)$/],
    ["redis", { version: "5" }, /input\.version: .*"7\.2" was expected/],
    ["queue", { volume: "10Gi" }, /input\.volume: .*size.* was expected/],
  ])("%s of %j says where that is wrong, and what was expected", async (name, input, message) => {
    const { status, body } = await render(shipped(name, input));
    expect([status, body.error?.message]).toEqual([422, expect.stringMatching(message)]);
    expect(body.error?.message).not.toContain("hunter2");
  });
});

describe("an error that a preview shows", () => {
  it.each([
    ["an unknown module", shipped("nothing", {}), /no such embedded module; there are: cronjob/],
    ["a file that ends early", text("package a\nnodes: {"), /inline\.cue:2:9: expected '}', found 'EOF'/],
    ["no package", text("nodes: {}"), /inline\.cue: no package clause/],
    [
      "a value that is missing",
      text("package a\n#Input: {...}\ninput: #Input\nnodes: x: object: kind: input.kind"),
      /it has no value/,
    ],
    [
      "a ConfigMap that is not there",
      { cueRef: { type: "configmap", ref: "n" } },
      /no ConfigMap n in the name/,
    ],
    [
      "a policy that is wrong",
      inline({ greeting: "x" }, policy("violations: 3")),
      /policy house: violations/,
    ],
  ])("says %s", async (_name, transform, message) => {
    expect((await render(transform)).body.error?.message).toMatch(message);
  });
});

describe("the status of an app", () => {
  it.each([
    ["refused", inline({ greeting: 7 }), /^inline\.cue:3:12: input\.greeting: .*string was expected/],
    [
      "unknown",
      inline({ greting: "x" }),
      /^input\.greting: field not allowed \(\{greeting, copies, more\} was/,
    ],
    [
      "denied",
      inline({ greeting: "x" }, policy('#Input: {greeting: =~"^h", ...}')),
      /^policy house denies input/,
    ],
    [
      "no-secret",
      () => oci("modules/settings:1", "absent"),
      /there is no Secret absent in the namespace acme/,
    ],
    ["no-login", () => oci("modules/settings:1"), /wants credentials.*pullSecretRef/],
    [
      "no-digest",
      () => oci(`modules/settings@${DIGEST}`, "registry"),
      /the registry has no manifest of digest sha256:aaa/,
    ],
  ])("that is %s says why", async (app, given, message) => {
    if (app === "no-digest") await login();
    await put(app, typeof given === "function" ? given() : given);
    const failed = await release(app, ({ phase }) => phase === "Failed");
    expect(failed.message).toMatch(message);
  });

  it("says that its source is away, and since when, while it stays Ready", async () => {
    await put("stale", oci("modules/settings:1", "registry"));
    await release("stale", ({ phase }) => phase === "Ready");
    await registry.stop();
    const look = (at: string) =>
      scene.kubectl.run("annotate", "novaapp", "stale", "-n", NAMESPACE, `kubenova.io/reconcile-at=${at}`);
    await look("1");
    const away = await release("stale", ({ render: { stale } = {} }) => stale !== undefined);
    expect([away.phase, away.message]).toEqual([
      "Ready",
      expect.stringContaining("cannot be looked at again"),
    ]);
    expect(away.render?.stale?.reason).toMatch(/ECONNREFUSED/);
    await registry.start();
    await release("stale", (one) => one.render?.stale === undefined && one.message === undefined);
  });
});

const login = () =>
  scene.kubectl.run(
    ...(["create", "secret", "docker-registry", "registry", "-n", NAMESPACE] as const),
    ...[`--docker-server=${registry.host}`, `--docker-username=${USERNAME}`, `--docker-password=${PASSWORD}`],
  );
