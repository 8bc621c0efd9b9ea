import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../../test/lib/until.ts";
import { API, isGone, readyProject } from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, inline, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import type { Kube } from "../../kube/index.ts";

const project = `tf${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let kube: Kube;
let namespace: string;

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
const graph = (name: string) => ({
  apiVersion: API,
  kind: "ResourceGraph",
  namespace,
  name: `transform-${name}`,
});

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  await fixture.start();
  namespace = await readyProject(kube, project);
});
afterAll(() => fixture?.close());

describe("a Transform of an inline module", () => {
  it("becomes its graph, and its objects; status and columns say from what", async () => {
    await kube.apply(transform({ namespace, name: "first", spec: inline(SETTINGS, { greeting: "hello" }) }));
    const status = await awaitTransform(kube, namespace, "first", "Ready");
    expect((await kube.get(configMap("first"))).data).toEqual({ greeting: "hello", copies: "1" });
    const { spec, metadata } = await kube.get(graph("first"));
    expect(status).toMatchObject({
      resourceGraphRef: { kind: "ResourceGraph", namespace, name: "transform-first", uid: metadata.uid },
      resolvedCueRef: { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      counts: { total: 1, ready: 1, failed: 0 },
    });
    const conditions = Object.fromEntries(status.conditions?.map((one) => [one.type, one.status]) ?? []);
    expect(conditions).toEqual({
      ...{ Fetched: "True", Validated: "True", Rendered: "True" },
      ...{ Ready: "True", Reconciling: "False", Stalled: "False" },
    });
    expect(spec).toMatchObject({
      applyAs: { kind: "ServiceAccount", namespace, name: "kubenova-applier" },
      sourceRef: { kind: "Transform", name: "first" },
      metadata: {
        name: "first",
        platformRef: `inline@${status.resolvedCueRef?.digest}`,
        renderHash: expect.stringMatching(/^sha256:/),
        languageVersions: { cue: expect.stringMatching(/^v0\.\d+/) },
      },
    });
  });

  it("follows its input, and prunes what leaves", async () => {
    await kube.apply(
      transform({ namespace, name: "follow", spec: inline(SETTINGS, { greeting: "a", more: true }) }),
    );
    await awaitTransform(kube, namespace, "follow", "Ready");
    expect(await isGone(kube, configMap("follow-more"))).toBe(false);
    await kube.apply(transform({ namespace, name: "follow", spec: inline(SETTINGS, { greeting: "b" }) }), {
      force: true,
    });
    await awaitTransform(kube, namespace, "follow", "Ready");
    expect((await kube.get(configMap("follow"))).data).toEqual({ greeting: "b", copies: "1" });
    await until("what left is gone", () => isGone(kube, configMap("follow-more")));
  });

  it("is removed with its graph and its objects", async () => {
    const ref = { apiVersion: API, kind: "Transform", namespace, name: "follow" };
    await kube.delete(ref);
    await until("all is gone", async () =>
      (await Promise.all([ref, graph("follow"), configMap("follow")].map((one) => isGone(kube, one)))).every(
        Boolean,
      ),
    );
  });
});

describe("an error", () => {
  it("keeps the last good graph, is said with its place, and goes with the next input", async () => {
    const name = "error";
    await kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting: "good" }) }));
    await awaitTransform(kube, namespace, name, "Ready");
    const before = await kube.get(graph(name));
    await kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting: 3 }) }), {
      force: true,
    });
    const status = await awaitTransform(kube, namespace, name, "Failed");
    expect(status.message).toMatch(/input\.greeting.*what was applied before goes on/s);
    const validated = status.conditions?.find(({ type }) => type === "Validated");
    expect(validated).toMatchObject({ status: "False", reason: "InvalidInput" });
    expect(status.conditions?.find(({ type }) => type === "Stalled")?.status).toBe("True");
    const after = await kube.get(graph(name));
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect((await kube.get(configMap(name))).data).toMatchObject({ greeting: "good" });
    await kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting: "new" }) }), {
      force: true,
    });
    await awaitTransform(kube, namespace, name, "Ready");
    expect((await kube.get(configMap(name))).data).toMatchObject({ greeting: "new" });
  });

  it("in the module's text names file and line", async () => {
    await kube.apply(
      transform({ namespace, name: "broken", spec: inline("nodes: {\n  a: object: {\n", {}) }),
    );
    const status = await awaitTransform(kube, namespace, "broken", "Failed");
    expect(status.conditions?.find(({ type }) => type === "Rendered")).toMatchObject({
      reason: "InvalidModule",
    });
    expect(status.message).toMatch(/\.cue:\d+/);
    expect(await isGone(kube, graph("broken"))).toBe(true);
  });
});

describe("a Transform that is suspended", () => {
  it("is neither rendered nor corrected until it goes on", async () => {
    const name = "rest";
    await kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting: "a" }) }));
    await awaitTransform(kube, namespace, name, "Ready");
    await kube.apply(
      transform({ namespace, name, spec: { ...inline(SETTINGS, { greeting: "b" }), suspend: true } }),
      { force: true },
    );
    await awaitTransform(kube, namespace, name, "Suspended");
    expect((await kube.get(configMap(name))).data).toMatchObject({ greeting: "a" });
    await kube.apply(transform({ namespace, name, spec: inline(SETTINGS, { greeting: "b" }) }), {
      force: true,
    });
    await awaitTransform(kube, namespace, name, "Ready");
    expect((await kube.get(configMap(name))).data).toMatchObject({ greeting: "b" });
  });
});
