import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AppSource } from "../../../domain/apps/spec.ts";
import type { NovaAppStatus } from "../../../protocol/resources/app.ts";
import type { TransformStatus } from "../../../protocol/resources/transform.ts";
import { until } from "../../../test/lib/until.ts";
import {
  API,
  app,
  awaitPhase,
  isGone,
  type RunningOperator,
  readyProject,
} from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import type { Kube } from "../../kube/index.ts";

const project = `pol${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator;
let namespace: string;

const policy = (name: string, text: string, more: object = {}) => ({
  name,
  cueRef: { type: "inline" as const, ref: `package policy\n${text}` },
  ...more,
});
/** Nobody may greet so: for all that is rendered in the cluster. */
const house = policy("house", `#Node: {object: {data?: {greeting?: !="forbidden", ...}, ...}, ...}`);
/** What ships with the agent is one module: the reference leads to a folder of it. */
const limits = (maxReplicas: number) => ({
  name: "limits",
  cueRef: { type: "embedded" as const, ref: "policies/limits" },
  parameters: { maxReplicas },
});
const few = (severity: string) => policy("few", `severity: "${severity}"\n#Input: {copies: <=3, ...}`);

/** A Deployment that says what each policy of limits wants to know. */
const WORKLOAD = `package workload
#Input: replicas: int
input: #Input
nodes: web: object: {
	apiVersion: "apps/v1"
	kind:       "Deployment"
	metadata: name: "web"
	spec: {
		replicas: input.replicas
		selector: matchLabels: app: "web"
		template: {
			metadata: labels: app: "web"
			spec: containers: [{
				name:  "web"
				image: "registry.example.com/web:1"
				resources: {
					requests: {cpu: "10m", memory: "16Mi"}
					limits: memory: "16Mi"
				}
			}]
		}
	}
}
`;

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  operator = await fixture.start({ modules: { policies: [house, limits(20)] } });
  namespace = await readyProject(kube, project);
});
afterAll(() => fixture?.close());

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
const graph = (name: string) => ({ apiVersion: API, kind: "ResourceGraph", namespace, name });
const apply = (name: string, spec: object) =>
  kube.apply(transform({ namespace, name, spec }), { force: true });
/** Waits until the newest generation is rendered; that its pods run is no matter here. */
const rendersOf = (name: string) =>
  until(`${name} is rendered`, async () => {
    const { metadata, status } = await kube.get({ apiVersion: API, kind: "Transform", namespace, name });
    const { conditions, ...known } = (status ?? {}) as TransformStatus;
    const rendered = conditions?.find(({ type }) => type === "Rendered");
    if (rendered?.status === "True" && rendered.observedGeneration === metadata.generation) return known;
    throw new Error(`it says ${JSON.stringify(status)}`);
  });
const eventsOf = async (name: string) => {
  const { items } = await kube.list({ apiVersion: "events.k8s.io/v1", kind: "Event" }, { namespace });
  return items
    .filter(({ regarding }) => (regarding as { name?: string }).name === name)
    .map(({ reason, type }) => `${type} ${reason}`);
};
/** So that nothing goes on behind the tests that follow. */
const remove = async (kind: "Transform" | "NovaApp", name: string) => {
  const ref = { apiVersion: API, kind, namespace, name };
  await kube.delete(ref);
  await until(`${name} is gone`, () => isGone(kube, ref));
};
const notesOf = async (name: string) => {
  const { items } = await kube.list({ apiVersion: "events.k8s.io/v1", kind: "Event" }, { namespace });
  const own = items.filter(({ regarding }) => (regarding as { name?: string }).name === name);
  return own.map(({ note }) => String(note));
};

describe("a policy of a Transform", () => {
  it("that denies stops it before anything is applied, and says where and why", async () => {
    await apply("denied", { ...inline(SETTINGS, { greeting: "a", copies: 5 }), policies: [few("Deny")] });
    const status = await awaitTransform(kube, namespace, "denied", "Failed");
    expect(status.violations).toEqual([
      {
        path: expect.stringContaining("input.copies"),
        message: expect.any(String),
        severity: "Deny",
        policy: "few",
      },
    ]);
    expect(status.message).toMatch(/policy few denies input\.copies/);
    expect(status.conditions?.find(({ type }) => type === "Validated")).toMatchObject({
      status: "False",
      reason: "PolicyDenied",
    });
    expect(await isGone(kube, graph("transform-denied"))).toBe(true);
    expect(await isGone(kube, configMap("denied"))).toBe(true);
    await until("its events say so", async () => (await eventsOf("denied")).includes("Warning Violated"));
  });

  it("that denies later leaves what runs as it is; a policy that warns lets it on, and is told", async () => {
    await apply("later", { ...inline(SETTINGS, { greeting: "a", copies: 2 }), policies: [few("Deny")] });
    await awaitTransform(kube, namespace, "later", "Ready");
    await apply("later", { ...inline(SETTINGS, { greeting: "b", copies: 4 }), policies: [few("Deny")] });
    await awaitTransform(kube, namespace, "later", "Failed");
    expect((await kube.get(configMap("later"))).data).toEqual({ greeting: "a", copies: "2" });
    await apply("later", { ...inline(SETTINGS, { greeting: "b", copies: 4 }), policies: [few("Warn")] });
    const status = await awaitTransform(kube, namespace, "later", "Ready");
    expect(status.violations).toEqual([expect.objectContaining({ severity: "Warn", policy: "few" })]);
    expect((await kube.get(configMap("later"))).data).toEqual({ greeting: "b", copies: "4" });
    const { spec } = await kube.get(graph("transform-later"));
    expect(spec).toMatchObject({ violations: [{ severity: "Warn", policy: "few" }] });
    expect(status.policies).toEqual([
      ...["house", "limits", "few"].map((name) => ({
        ...{ name, language: "cue", enforcement: "render" },
        digest: expect.stringMatching(/^sha256:/),
      })),
    ]);
  });

  it("that ships with the agent denies by its parameters, and lets on what satisfies it", async () => {
    const spec = (replicas: number) => ({
      ...inline(WORKLOAD, { replicas }),
      policies: [{ ...limits(3), name: "own" }],
    });
    await apply("embedded", spec(4));
    const status = await awaitTransform(kube, namespace, "embedded", "Failed");
    expect(status.violations).toEqual([
      {
        ...{ path: "nodes.web.object.spec.replicas", severity: "Deny", policy: "own" },
        message: "4 replicas; 3 are allowed",
      },
    ]);
    await apply("embedded", spec(3));
    const rendered = await rendersOf("embedded");
    await remove("Transform", "embedded");
    expect(rendered.violations).toBeUndefined();
    expect(rendered.policies?.map(({ name }) => name)).toEqual(["house", "limits", "own"]);
  });

  it("in Rego is refused with a word on what to do", async () => {
    await apply("rego", {
      ...inline(SETTINGS, { greeting: "a" }),
      policies: [policy("old", "", { language: "rego" })],
    });
    const status = await awaitTransform(kube, namespace, "rego", "Failed");
    expect(status.message).toMatch(/policy old: Rego is not evaluated.*docs\/policies\.md/);
  });
});

describe("a policy of the installation", () => {
  it("holds for a Transform that names none, or one of the same name that allows it", async () => {
    const allows = policy("house", "#Node: {...}", { severity: "Warn" });
    await apply("free", { ...inline(SETTINGS, { greeting: "forbidden" }), policies: [allows] });
    const status = await awaitTransform(kube, namespace, "free", "Failed");
    expect(status.violations?.[0]).toMatchObject({ severity: "Deny", policy: "house" });
    expect(await isGone(kube, configMap("free"))).toBe(true);
  });
});

describe("a value of the input", () => {
  const secret = "hunter2-secret";

  it("stands in no event, which anybody who may view may read; the Transform's own status has CUE's words", async () => {
    await apply("quoted", inline(SETTINGS, { greeting: "a", copies: secret }));
    const { message } = await awaitTransform(kube, namespace, "quoted", "Failed");
    expect(message).toContain(secret);
    const [note = ""] = await until("it is told", async () => {
      const notes = await notesOf("quoted");
      return notes.length > 0 && notes;
    });
    expect(note).toMatch(/^InvalidInput: .*input\.copies: not what #Input allows \(.*int.* was expected\)/);
    const deny = policy("names", `#Input: {greeting: !="${secret}", ...}`);
    await apply("refused", { ...inline(SETTINGS, { greeting: secret }), policies: [deny] });
    await awaitTransform(kube, namespace, "refused", "Failed");
    await until("that is told too", async () =>
      (await notesOf("refused")).includes("policy names denies input.greeting"),
    );
    expect([...(await notesOf("quoted")), ...(await notesOf("refused"))].join()).not.toContain(secret);
  });

  it("goes to the manager neither in a status nor in a preview", async () => {
    const source = {
      transform: { cueRef: { type: "inline", ref: SETTINGS }, input: { greeting: "a", copies: secret } },
    };
    const asked = app({ project, name: "quoting", source: source as unknown as AppSource });
    await kube.apply(asked, { force: true });
    const status = (await awaitPhase(kube, namespace, "quoting", "Failed")) as NovaAppStatus;
    expect(status.message).toContain(secret);
    const told = operator.statuses.filter(({ render }) => render?.errors?.[0]?.path === "input.copies");
    expect(told.at(-1)).toMatchObject({
      message: expect.stringContaining("input.copies: not what #Input allows"),
      render: { errors: [{ path: "input.copies", expected: expect.stringContaining("int") }] },
    });
    const live = { ...asked, metadata: { ...asked.metadata, uid: "", resourceVersion: "" } };
    const shown = await operator.handle.render(live as never, AbortSignal.timeout(20_000));
    expect(shown).toMatchObject({ ok: false, errors: [{ path: "input.copies" }] });
    await until("its event is there", async () => (await notesOf("quoting")).length > 0);
    const all = [operator.statuses, shown, await notesOf("quoting")];
    expect(JSON.stringify(all)).not.toContain(secret);
    await remove("NovaApp", "quoting");
  });
});

it("a policy of the installation that ships with the agent holds for all, by the installation's parameters", async () => {
  await apply("many", inline(WORKLOAD, { replicas: 21 }));
  const status = await awaitTransform(kube, namespace, "many", "Failed");
  expect(status.violations).toEqual([
    expect.objectContaining({ policy: "limits", message: "21 replicas; 20 are allowed" }),
  ]);
  await apply("many", inline(WORKLOAD, { replicas: 20 }));
  await rendersOf("many");
  await remove("Transform", "many");
});

describe("an app from a module", () => {
  const source = (input: object) =>
    ({ transform: { cueRef: { type: "inline", ref: SETTINGS }, input } }) as unknown as AppSource;
  const deploy = (input: object, revision: number) =>
    kube.apply(app({ project, name: "web", source: source(input), revision }), { force: true });

  it("becomes a graph as a Transform does, labelled as the app's", async () => {
    await deploy({ greeting: "hello" }, 1);
    const status = (await awaitPhase(kube, namespace, "web", "Ready")) as NovaAppStatus;
    expect(status.render?.digest).toMatch(/^sha256:/);
    const live = await kube.get(configMap("web"));
    expect(live.data).toEqual({ greeting: "hello", copies: "1" });
    expect(live.metadata.labels).toMatchObject({ "kubenova.io/app": "web", "kubenova.io/tenant": "acme" });
    const { spec } = await kube.get(graph("app-web"));
    expect(spec).toMatchObject({ sourceRef: { kind: "NovaApp", name: "web" }, metadata: { version: "1" } });
  });

  it("tells the manager what is wrong with its input, and keeps what runs", async () => {
    await deploy({ greeting: 3 }, 2);
    const status = (await awaitPhase(kube, namespace, "web", "Failed")) as NovaAppStatus;
    expect(status.render?.errors?.[0]).toMatchObject({ path: "input.greeting" });
    expect((await kube.get(configMap("web"))).data).toMatchObject({ greeting: "hello" });
    const told = operator.statuses.filter(({ revision }) => revision === 2).at(-1);
    expect(told).toMatchObject({ phase: "Failed", render: { errors: [{ path: "input.greeting" }] } });
  });

  it("is under the installation's policies", async () => {
    await deploy({ greeting: "forbidden" }, 3);
    await until("it is denied", async () => {
      const { violations = [] } = (await awaitPhase(kube, namespace, "web", "Failed")) as NovaAppStatus;
      return violations[0]?.policy === "house";
    });
    expect((await kube.get(configMap("web"))).data).toMatchObject({ greeting: "hello" });
    const told = operator.statuses.filter(({ revision }) => revision === 3).at(-1);
    expect(told?.violations?.[0]).toMatchObject({ severity: "Deny", policy: "house" });
  });

  it("is previewed by the same code, without a write", async () => {
    const { handle } = operator;
    const live = app({ project, name: "new", source: source({ greeting: "hello", more: true }) });
    const applied = () => operator.writes().filter(({ resource }) => !resource.startsWith("events")).length;
    const before = applied();
    const shown = await handle.render(
      { ...live, metadata: { ...live.metadata, name: "new", uid: "", resourceVersion: "" } } as never,
      AbortSignal.timeout(20_000),
    );
    expect(shown).toMatchObject({ ok: true, denied: false, nodes: [{ id: "settings" }, { id: "more" }] });
    expect(applied()).toBe(before);
  });
});
